import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Place } from './places.ts'

/** What a replica says of itself: `silent` if it gave no answer in time. */
export type Readiness = 'ready' | 'not ready' | 'silent'

/**
 * Asks a replica at `/health/ready`, over a new connection, whether it can work. Any answer but one of 500 and more says so:
 * a service of somebody else may not know the path.
 */
export const askReady = ({ url, lookup }: Place, withinMs: number): Promise<Readiness> =>
  new Promise(resolve => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const answered = (response: IncomingMessage): void => {
      response.resume()
      end((response.statusCode ?? 500) < 500 ? 'ready' : 'not ready')
    }
    const end = (readiness: Readiness): void => {
      clearTimeout(timer)
      resolve(readiness)
      request.destroy()
    }
    const timer = setTimeout(() => end('silent'), withinMs)
    const request = send(new URL('/health/ready', url), { lookup, agent: false }, answered)
      .on('error', () => end('not ready'))
      .end()
  })
