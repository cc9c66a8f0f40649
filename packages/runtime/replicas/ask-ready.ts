import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Place } from './places.ts'

/** What a replica says of itself: `silent` if it gave no answer in time, `of another time` if its clock differs much. */
export type Readiness = 'ready' | 'not ready' | 'of another time' | 'silent'

// n.b. an identity token lives for 20 s at least once it is sent
const maxApartMs = 20_000

/**
 * Asks a replica at `/health/ready`, over a new connection, whether it can work. Any answer but one of 500 and more says so:
 * a service of somebody else may not know the path.
 */
export const askReady = ({ url, lookup }: Place, withinMs: number): Promise<Readiness> =>
  new Promise(resolve => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const answered = (response: IncomingMessage): void => {
      response.resume()
      const isReady = (response.statusCode ?? 500) < 500
      const apartMs = Math.abs(Date.parse(response.headers.date ?? '') - Date.now())
      end(isReady ? (apartMs > maxApartMs ? 'of another time' : 'ready') : 'not ready')
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
