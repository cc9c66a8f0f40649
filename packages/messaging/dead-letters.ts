import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { z } from 'zod'
import type { GivenUp } from './transport.ts'

/** A message that a queue gave up, as it was. */
export type DeadLetter = GivenUp & {
  readonly messageId: string
  /** Of the event; '' where the message is none. */
  readonly type: string
  /** Of the event; '' where the message is none. */
  readonly subject: string
  readonly envelope: unknown
}

/** Which dead letters; all of them, where nothing is said. */
export type DeadLetterFilter = {
  readonly messageIds?: readonly string[] | undefined
  readonly queue?: string | undefined
  readonly type?: string | undefined
  readonly subject?: string | undefined
  /** Those whose last attempt was not before it. */
  readonly since?: Date | undefined
}

/** Dead letters to act on: named one by one, by message id, of all queues that gave them up or of one. */
export type NamedDeadLetters = { readonly messageIds: readonly string[]; readonly queue?: string | undefined }

/** What was given up, wherever it is kept; two implementations, for RabbitMQ and for outboxes. */
export type DeadLetters = Running & {
  /** At most 1,000, oldest first; it takes nothing and changes no order. */
  list(filter?: DeadLetterFilter): Promise<readonly DeadLetter[]>
  /**
   * Gives each back to the queue that gave it up, and to no other; its attempts start anew. Killed in between, a letter
   * is still there or replayed, or both. Resolves with what was replayed.
   */
  replay(named: NamedDeadLetters): Promise<readonly DeadLetter[]>
  /** Deletes them for good; resolves with what was deleted. */
  drop(named: NamedDeadLetters): Promise<readonly DeadLetter[]>
}

/** How many dead letters a listing has at most. */
export const maxListed = 1_000

/** Whether a dead letter is one of those that the filter means. */
export const isMeant = (letter: DeadLetter, filter: DeadLetterFilter): boolean =>
  (filter.messageIds === undefined || filter.messageIds.includes(letter.messageId)) &&
  (filter.queue === undefined || filter.queue === letter.queue) &&
  (filter.type === undefined || filter.type === letter.type) &&
  (filter.subject === undefined || filter.subject === letter.subject) &&
  (filter.since === undefined || filter.since <= letter.lastFailedAt)

/** The first 1,000 by the time of their last attempt; those of one queue stay in their order where it is the same. */
export const oldestFirst = (letters: readonly DeadLetter[]): readonly DeadLetter[] =>
  letters.toSorted((a, b) => a.lastFailedAt.getTime() - b.lastFailedAt.getTime()).slice(0, maxListed)

const attributes = z.object({ type: z.string().catch(''), subject: z.string().catch('') })

/** The event's type and subject, as far as the message is an event. */
export const namesIn = (envelope: unknown): { readonly type: string; readonly subject: string } =>
  attributes.catch({ type: '', subject: '' }).parse(envelope)
