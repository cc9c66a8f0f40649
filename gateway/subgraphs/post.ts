import type { Pool } from 'undici'
import type { Send } from './call.ts'

/** Sends calls over a pool of connections, and settles when a call's connection is free again. */
export const createPost =
  (pool: Pool, path: string): Send =>
  ({ body, headers, signal }) =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let status = 0
      pool.dispatch(
        {
          path,
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
          body,
        },
        {
          onRequestStart: controller => {
            const abort = () => controller.abort(signal?.reason)
            // n.b. a call whose connection was made after its time was over must not be sent after all
            if (signal?.aborted) abort()
            else signal?.addEventListener('abort', abort, { once: true })
          },
          onResponseStart: (_controller, statusCode) => {
            status = statusCode
          },
          onResponseData: (_controller, chunk) => {
            chunks.push(chunk)
          },
          onResponseEnd: () => {
            if (status === 200) resolve(Buffer.concat(chunks).toString('utf8'))
            else reject(new Error(`it answered with status ${status}`))
          },
          onResponseError: (_controller, error) => reject(error),
        },
      )
    })
