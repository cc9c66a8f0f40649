import { codeOf } from '@supergraph/runtime/error-text.ts'

/** How often a read is sent again after a pause, if its connection failed before a byte of its answer came. */
export const maxRetries = 2
/** How often a request goes to another replica at once. */
export const maxMoves = 4
const firstDelayMs = 40

const connectionFailures = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'],
])

/** Whether a connection could not be made, or broke. */
export const breaksOff = (error: unknown): boolean => connectionFailures.has(codeOf(error))

/** How long to wait before a retry: 20 to 60 ms before the first one, three times that before the second. */
export const retryDelayMs = (retries: number): number => firstDelayMs * (Math.random() + 0.5) * 3 ** retries
