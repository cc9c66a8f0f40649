import { codeOf } from '@supergraph/runtime/error-text.ts'

const maxRetries = 2
const firstDelayMs = 40

const connectionFailures = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

/** Whether a read is sent again that failed before a byte of its answer came: twice at most, if its connection failed. */
export const canRetry = (error: unknown, retries: number): boolean =>
  retries < maxRetries && connectionFailures.has(codeOf(error))

/** How long to wait before a retry: 20 to 60 ms before the first one, three times that before the second. */
export const retryDelayMs = (retries: number): number => firstDelayMs * (Math.random() + 0.5) * 3 ** retries
