import type { IncomingMessage } from 'node:http'

/** The request header with the milliseconds that the caller will wait from now on. */
export const timeoutHeader = 'request-timeout-ms'

const longestTimerMs = 2_147_483_647

/** When the request's caller stops waiting, in milliseconds since the epoch; Infinity if the request does not tell. */
export const readDeadline = (request: IncomingMessage): number => {
  const value = request.headers[timeoutHeader]
  return typeof value === 'string' && /^\d{1,9}$/.test(value)
    ? Date.now() + Number(value)
    : Number.POSITIVE_INFINITY
}

/** The milliseconds until a deadline: 0 once it has passed, and never more than a timer can wait, which is 24 days. */
export const remainingMs = (deadlineAtMs: number): number =>
  Math.min(Math.max(0, deadlineAtMs - Date.now()), longestTimerMs)

/**
 * The outcome of the work; or, if the work takes longer than `ms`, what `late` returns or throws. The work itself goes
 * on, and nobody hears of a failure that comes late.
 */
export const within = <T, Late>(ms: number, work: Promise<T>, late: () => Late): Promise<T | Late> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        resolve(late())
      } catch (error) {
        reject(error)
      }
    }, ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
