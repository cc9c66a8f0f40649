import { currentCaller } from '@supergraph/runtime/caller.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'

type Caller = string | object
type Turn = { readonly caller: Caller; readonly start: number }

/**
 * Those who wait for a connection of a pool, in the order of fair queueing: callers take turns, and who wants thirty
 * connections at once does not get the next thirty. All requests of one user are one caller, and each request without a user
 * is one. Nobody is overtaken without end. What waits for no caller counts as a caller of its own.
 */
export class FairWaiting<Waiter extends object> extends Array<Waiter> {
  readonly #turns = new WeakMap<Waiter, Turn>()
  /** How many turns each of the callers has had by now. */
  #now = 0

  /** n.b. what takes parts of it makes plain arrays */
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  override push(...waiters: readonly Waiter[]): number {
    for (const waiter of waiters) this.#insert(waiter, callerOf(waiter))
    return this.length
  }

  override shift(): Waiter | undefined {
    const callers = new Set(this.map(waiter => this.#turns.get(waiter)?.caller))
    const waiter = super.shift()
    if (waiter !== undefined) this.#now = Math.max(this.#now + 1 / callers.size, this.#startOf(waiter))
    return waiter
  }

  #insert(waiter: Waiter, caller: Caller): void {
    const last = this.findLast(other => this.#turns.get(other)?.caller === caller)
    const start = last === undefined ? this.#now : this.#startOf(last) + 1
    this.#turns.set(waiter, { caller, start })
    const index = this.findIndex(other => this.#startOf(other) > start)
    this.splice(index === -1 ? this.length : index, 0, waiter)
  }

  #startOf(waiter: Waiter): number {
    return this.#turns.get(waiter)?.start ?? this.#now
  }
}

const callerOf = (waiter: object): Caller => {
  const caller = currentCaller()
  return caller?.user ?? caller ?? waiter
}

// n.b. inside pg-pool this is a plain array, which is only pushed to, shifted, searched and spliced
const driver = z.object({ master: z.looseObject({ _pendingQueue: z.array(z.unknown()).length(0) }) })

/** Lets callers take turns for the connections of a database that has just been opened. */
export const takeTurns = (database: DataSource): void => {
  driver.parse(database.driver)
  Reflect.set(Reflect.get(database.driver, 'master'), '_pendingQueue', new FairWaiting())
}
