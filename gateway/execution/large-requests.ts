import { excessIn } from '../limits/json-text.ts'
import { maxNesting, maxValues } from '../limits/nesting.ts'
import { tooLarge } from '../limits/refusal.ts'
import type { ClientQueue } from './client-queue.ts'

const largeBytes = 16 * 1024
const allowed = { nesting: maxNesting, values: maxValues }

/** Waits for the turn of a request with such a body; throws OPERATION_TOO_LARGE for one that is not to be parsed. */
export type CheckLarge = (body: Uint8Array, clientAddress: string | undefined) => void | Promise<void>

/**
 * Lets large requests be read in turn: what it takes to read sixty of 256 KiB would hold up a page for seconds. A request of
 * at most 16 KiB does not wait.
 */
export const createLargeRequests =
  (queue: Pick<ClientQueue, 'run'>): CheckLarge =>
  (body, clientAddress) =>
    body.length > largeBytes ? queue.run({ clientAddress }, () => checkJson(body)) : undefined

const checkJson = (json: Uint8Array): void => {
  const excess = excessIn(json)
  if (excess !== undefined) throw tooLarge(excess, { allowed: allowed[excess] })
}
