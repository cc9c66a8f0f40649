import type { IncomingMessage } from 'node:http'

/** The request header with the milliseconds that the caller will wait from now on. */
export const timeoutHeader = 'request-timeout-ms'

/** When the request's caller stops waiting, in milliseconds since the epoch; Infinity where it does not tell. */
export const readDeadline = (request: IncomingMessage): number => {
  const value = request.headers[timeoutHeader]
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Date.now() + Number(value) : Infinity
}

/** The milliseconds until a deadline; 0 once it has passed. */
export const remainingMs = (deadlineAtMs: number): number => Math.max(0, deadlineAtMs - Date.now())
