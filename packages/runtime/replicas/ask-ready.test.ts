import { lookup } from 'node:dns'
import { expect, it, onTestFinished } from 'vitest'
import { originOf, startHttp } from '../http.ts'
import { askReady } from './ask-ready.ts'

/** Asks a replica that answers with this status and this time of day. */
const ask = async ({
  status = 200,
  apartMs = 0,
}: {
  readonly status?: number
  readonly apartMs?: number
}) => {
  const http = await startHttp(
    (_request, response) => {
      const date = new Date(Date.now() + apartMs).toUTCString()
      response.writeHead(status, { date }).end()
    },
    { host: '127.0.0.1', port: 0 },
  )
  onTestFinished(http.stop)
  const url = new URL(`${originOf('127.0.0.1', http.port)}/graphql`)
  return askReady({ name: url.href, url, lookup }, 5_000)
}

it('takes a replica for ready that says so, or does not know the question', async () => {
  expect(await ask({ status: 200 })).toBe('ready')
  expect(await ask({ status: 404 })).toBe('ready')
  expect(await ask({ status: 503 })).toBe('not ready')
})

it.each([-3_600_000, -30_000, 30_000, 3_600_000])('tells a clock that is %d ms apart', async apartMs => {
  expect(await ask({ apartMs })).toBe('of another time')
  expect(await ask({ status: 503, apartMs })).toBe('not ready')
})

it.each([-15_000, 15_000])('does not mind a clock that is %d ms apart', async apartMs => {
  expect(await ask({ apartMs })).toBe('ready')
})
