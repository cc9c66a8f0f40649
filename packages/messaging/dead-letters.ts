import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { z } from 'zod'
import type { EventType } from './envelope.ts'
import { createHideTexts } from './hidden-texts.ts'
import { shownEnvelope } from './sensitive.ts'
import type { GivenUp } from './transport.ts'

/** A message that a queue gave up, as it was. */
export type DeadLetter = GivenUp & {
  readonly messageId: string
  /** Of the event; '' if the message is no event. */
  readonly type: string
  /** Of the event; '' if the message is no event. */
  readonly subject: string
  readonly envelope: unknown
}

/** The dead letter as people are shown it: neither its envelope nor its error tells what the contracts mark as sensitive. */
export const shownDeadLetter = (contracts: readonly EventType[], letter: DeadLetter): DeadLetter => ({
  ...letter,
  error: createHideTexts(contracts, [letter.envelope])(letter.error),
  envelope: shownEnvelope(contracts, letter.envelope),
})

/** Which dead letters; all of them if no property is set. */
type DeadLetterFilter = {
  readonly messageIds?: readonly string[] | undefined
  readonly queue?: string | undefined
  readonly type?: string | undefined
  readonly subject?: string | undefined
  /** The earliest time of the last attempt. */
  readonly since?: Date | undefined
}

/** Dead letters to act on, named by message id: of every queue that gave the message up, or of one queue. */
export type NamedDeadLetters = { readonly messageIds: readonly string[]; readonly queue?: string | undefined }

/** The messages that were given up. There are two implementations, for RabbitMQ and for outboxes. */
export type DeadLetters = Running & {
  /** At most 1,000, oldest first; the queues stay as they are. */
  list(filter?: DeadLetterFilter): Promise<readonly DeadLetter[]>
  /**
   * Gives each back to the queue that gave it up, and to no other; its attempts start anew. If the process is killed
   * meanwhile, a letter is still there or replayed, or both. Resolves with what was replayed.
   */
  replay(named: NamedDeadLetters): Promise<readonly DeadLetter[]>
  /** Deletes them; resolves with what was deleted. */
  drop(named: NamedDeadLetters): Promise<readonly DeadLetter[]>
}

/** How many dead letters a listing has at most. */
export const maxListed = 1_000

/** Whether the filter selects the dead letter. */
export const isMeant = (letter: DeadLetter, filter: DeadLetterFilter): boolean =>
  (filter.messageIds === undefined || filter.messageIds.includes(letter.messageId)) &&
  (filter.queue === undefined || filter.queue === letter.queue) &&
  (filter.type === undefined || filter.type === letter.type) &&
  (filter.subject === undefined || filter.subject === letter.subject) &&
  (filter.since === undefined || filter.since <= letter.lastFailedAt)

/** The first 1,000 by the time of their last attempt; if it is the same, they keep their order. */
export const oldestFirst = (letters: readonly DeadLetter[]): readonly DeadLetter[] =>
  letters.toSorted((a, b) => a.lastFailedAt.getTime() - b.lastFailedAt.getTime()).slice(0, maxListed)

const attributes = z.object({ type: z.string().catch(''), subject: z.string().catch('') })

/** The event's type and subject, each '' if the message has none. */
export const namesIn = (envelope: unknown): { readonly type: string; readonly subject: string } =>
  attributes.catch({ type: '', subject: '' }).parse(envelope)
