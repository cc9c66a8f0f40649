import { createClientQueue } from './client-queue.ts'

const largeBytes = 16 * 1024

/** Waits for the turn of a request or message of so many bytes. */
export type WaitForTurn = (bytes: number, clientAddress: string | undefined) => void | Promise<void>

/**
 * Lets large requests begin one after the other, clients in turns, and lets everything else run between two: what it takes
 * to read sixty of 256 KiB would hold up a page for seconds. A request of at most 16 KiB does not wait.
 */
export const createLargeRequests = (): WaitForTurn => {
  const queue = createClientQueue()
  return (bytes, clientAddress) =>
    bytes > largeBytes ? queue.run({ clientAddress }, () => undefined) : undefined
}
