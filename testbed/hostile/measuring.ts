import type { AskUsage } from '../usage.ts'
import type { Answer, Attacker } from './attacker.ts'
import type { HostileDocument } from './documents.ts'

/** What a document cost the process that answered it. */
export type Measured = Answer & {
  readonly document: HostileDocument
  /** Time of the process's main thread; the mean for each of several messages on one socket. */
  readonly ms: number
  /** What the heap had grown by when the answer came. */
  readonly heapBytes: number
}

/** Sends a document while nobody else asks, and says what it cost. */
export const measure = async (
  document: HostileDocument,
  attacker: Attacker,
  askUsage: AskUsage,
  question: Parameters<AskUsage>[0] = 'look',
): Promise<Measured> => {
  const before = await askUsage(question)
  const answer = await attacker.send(document)
  const after = await askUsage('look')
  return {
    ...answer,
    document,
    ms: (after.mainThreadMs - before.mainThreadMs) / messagesIn(document),
    heapBytes: after.heapBytes - before.heapBytes,
  }
}

const messagesIn = ({ payload }: HostileDocument): number =>
  payload.kind === 'messages' ? payload.messages.length : 1

/** The least of five measurements, since a garbage collection may fall into one, and a busy machine slows all. */
export const measureAgain = async (
  document: HostileDocument,
  attacker: Attacker,
  askUsage: AskUsage,
): Promise<Measured> => {
  let least = await measure(document, attacker, askUsage, 'collect')
  for (let more = 0; more < 4; more += 1) {
    const next = await measure(document, attacker, askUsage, 'collect')
    if (next.ms < least.ms) least = next
  }
  return least
}

/** One line about a document and its costs. */
export const lineOf = ({ document: { name, as, over }, ms, bytes, heapBytes, outcome }: Measured): string =>
  `${ms.toFixed(0).padStart(6)} ms ${kilobytes(bytes)} answered ${kilobytes(heapBytes)} of heap  ${name}, ${as}, ${over}: ${outcome}`

const kilobytes = (bytes: number): string => `${(bytes / 1_024).toFixed(0).padStart(7)} KiB`
