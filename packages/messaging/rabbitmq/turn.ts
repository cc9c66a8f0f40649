import { setTimeout } from 'node:timers/promises'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import type { Channel, Connection } from 'rabbitmq-client'

/** Another connection has the turn. */
export class TurnTaken extends ExpectedError {
  override readonly name = 'TurnTaken'
}

/** A turn: the name of its queue, how long to wait for it, and what to say if it stays taken. */
export type Turn = { readonly turn: string; readonly waitMs: number; readonly taken: string }

/** The turn of who reads or moves an installation's dead letters. */
export const deadLettersTurn = (scoped: (name: string) => string): Turn => ({
  turn: scoped('dead-letters.turn'),
  waitMs: 30_000,
  taken: 'Someone else works on the dead letters: try again when they are done.',
})

const retryMs = 100

/**
 * Works while no other connection has the turn: an exclusive queue, which the broker deletes if the process dies or the
 * connection is lost. Throws `TurnTaken` if another one keeps it for too long.
 */
export const inTurn = async <T>(
  connection: Connection,
  { turn, waitMs, taken }: Turn,
  work: () => Promise<T>,
): Promise<T> => {
  const givesUpAtMs = performance.now() + waitMs
  for (;;) {
    const channel = await take(connection, turn)
    if (channel !== undefined) {
      try {
        return await work()
      } finally {
        // n.b. if this fails, the connection is lost, and the turn with it
        await channel.queueDelete(turn).catch(() => {})
        await channel.close()
      }
    }
    if (performance.now() >= givesUpAtMs) throw new TurnTaken(taken)
    await setTimeout(retryMs)
  }
}

const take = async (connection: Connection, turn: string): Promise<Channel | undefined> => {
  // n.b. a channel of its own: the refusal closes it, and fails whatever else is under way on it
  const channel = await connection.acquire()
  try {
    await channel.queueDeclare({ queue: turn, exclusive: true })
    return channel
  } catch (error) {
    await channel.close()
    if (codeOf(error) === 'RESOURCE_LOCKED') return undefined
    throw error
  }
}
