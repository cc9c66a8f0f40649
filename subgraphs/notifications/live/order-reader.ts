import { type Topic, topicOf } from '../database/announcements.ts'
import { type OrderPosition, type OwnOrder, orderUpdatesPerRead } from '../database/order-update-store.ts'
import type { OrderUpdateRow } from '../database/tables.ts'
import type { SubscriptionRefusal } from '../domain/subscription-refusal.ts'
import { withoutGap } from '../domain/version-order.ts'
import type { Found, Reader, Refuse } from './follow.ts'

/** Reads the changes of one order. */
export type OrderReads = {
  readonly latest: (order: OwnOrder) => Promise<OrderUpdateRow | undefined>
  readonly since: (position: OrderPosition) => Promise<readonly OrderUpdateRow[]>
}

/** How long a reader waits for an event that has not arrived. */
export type OrderWaits = {
  /** For an order or a version that is not known: a client can be some ms faster than the event of its own change. */
  readonly unknownWaitMs: number
  /** For a change that is being handled or retried, while later changes are ahead. */
  readonly missingVersionWaitMs: number
}

export const defaultOrderWaits: OrderWaits = { unknownWaitMs: 5_000, missingVersionWaitMs: 60_000 }

const versionOf = ({ version }: OrderUpdateRow): number => version

/**
 * Reads the changes of a customer's order after a version, in order and without a gap. Without a version, reads the
 * latest change and then those after it; if the order has no change yet, the first change and so on. Refuses if the
 * order or its version `afterVersion` stays unknown, as an order of another customer always does, and if the next change
 * was pruned or does not come.
 */
export class OrderReader implements Reader<OrderUpdateRow> {
  readonly #reads: OrderReads
  readonly #order: OwnOrder
  readonly #waits: OrderWaits & { readonly refuse: Refuse }
  readonly #unknownUntilMs: number
  #last: number | undefined
  // whether the order has come to version `last`
  #isKnown = false
  #missingUntilMs: number | undefined = undefined

  constructor(
    reads: OrderReads,
    order: OwnOrder,
    afterVersion: number | undefined,
    waits: OrderWaits & { readonly refuse: Refuse },
  ) {
    this.#reads = reads
    this.#order = order
    this.#waits = waits
    this.#unknownUntilMs = performance.now() + waits.unknownWaitMs
    this.#last = afterVersion
  }

  get topics(): readonly Topic[] {
    return [topicOf('order', this.#order.orderId)]
  }

  read(): Promise<Found<OrderUpdateRow>> {
    return this.#last === undefined ? this.#readLatest() : this.#readNewer(this.#last)
  }

  async #readLatest(): Promise<Found<OrderUpdateRow>> {
    const latest = await this.#reads.latest(this.#order)
    this.#last = latest?.version ?? 0
    if (latest === undefined) return this.#readNewer(this.#last)
    this.#isKnown = true
    return { values: [latest] }
  }

  async #readNewer(after: number): Promise<Found<OrderUpdateRow>> {
    const newer = await this.#reads.since({ ...this.#order, version: after })
    const [first] = newer
    if (first === undefined) return this.#readNothing(after)
    this.#isKnown = true
    const values = withoutGap(newer, after, versionOf)
    if (values.length === 0) {
      if (first.followsPruned) throw this.#waits.refuse({ kind: 'prunedChanges' })
      this.#missingUntilMs ??= performance.now() + this.#waits.missingVersionWaitMs
      return {
        values,
        lookAgainInMs: this.#leftUntil(this.#missingUntilMs, { kind: 'missingVersion', version: after + 1 }),
      }
    }
    this.#missingUntilMs = undefined
    this.#last = after + values.length
    const isAll = values.length === newer.length && newer.length < orderUpdatesPerRead
    return { values, lookAgainInMs: isAll ? undefined : 0 }
  }

  async #readNothing(after: number): Promise<Found<OrderUpdateRow>> {
    if (this.#isKnown) return { values: [] }
    const latest = await this.#reads.latest(this.#order)
    this.#isKnown = latest !== undefined && latest.version >= after
    if (this.#isKnown) return { values: [] }
    const refusal: SubscriptionRefusal =
      latest === undefined
        ? { kind: 'unknownOrder' }
        : { kind: 'futureVersion', version: after, latest: latest.version }
    return { values: [], lookAgainInMs: this.#leftUntil(this.#unknownUntilMs, refusal) }
  }

  #leftUntil(untilMs: number, refusal: SubscriptionRefusal): number {
    const leftMs = untilMs - performance.now()
    if (leftMs <= 0) throw this.#waits.refuse(refusal)
    return leftMs
  }
}
