import type { ClientQueue } from './client-queue.ts'

const largeBytes = 16 * 1024

/** Waits for the turn of a request of so many bytes. */
export type WaitForTurn = (bytes: number, clientAddress: string | undefined) => void | Promise<void>

/**
 * Lets large requests be read in turn: what it takes to read sixty of 256 KiB would hold up a page for seconds. A request of
 * at most 16 KiB does not wait.
 */
export const createLargeRequests =
  (queue: Pick<ClientQueue, 'run'>): WaitForTurn =>
  (bytes, clientAddress) =>
    bytes > largeBytes ? queue.run({ clientAddress }, () => undefined) : undefined
