import { createServer } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { registry } from '@supergraph/metrics/metrics.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

/** A subgraph that takes requests and answers none. */
const startSilent = async () => {
  let received = 0
  const server = createServer(() => {
    received += 1
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}/graphql`, received: () => received }
}

/** Holds the thread of the gateway up, again and again. */
const keepBusy = async (): Promise<void> => {
  for (let round = 0; round < 14; round += 1) {
    const untilMs = performance.now() + 60
    while (performance.now() < untilMs);
    await nextTurn()
  }
}

const countRefused = async (): Promise<number> => {
  const text = await registry.getSingleMetricAsString('supergraph_operation_seconds')
  const count = /_count\{client="other",operation="other",outcome="refused"\} (\d+)/.exec(text)?.[1]
  return Number(count ?? 0)
}

it('refuses a query at once while too many are under way for a busy thread, and takes it again later', async () => {
  const silent = await startSilent()
  const { post } = await startGatewayUnderTest({ ORDERS_URL: silent.url, SUBGRAPH_TIMEOUT_MS: '3000' })
  const known = '{ whoAsksProducts }'
  expect(await post(known)).toMatchObject({ status: 200 })
  const waiting = Array.from({ length: 100 }, (_, index) => post(`{ a${index}: whoAsksOrders }`))
  await vi.waitFor(() => expect(silent.received()).toBe(100))

  const refusedBefore = await countRefused()
  await keepBusy()
  for (const query of [known, '{ unknown: whoAsksProducts }']) {
    const { status, headers, body } = await post(query)
    expect([status, headers.get('retry-after'), body.errors?.[0]?.extensions?.code]).toEqual([
      503,
      '1',
      'SERVICE_UNAVAILABLE',
    ])
  }

  expect(await post('{ __typename }')).toMatchObject({ status: 200 })
  expect(await countRefused()).toBe(refusedBefore + 1)

  await Promise.all(waiting)
  expect(await post(known)).toMatchObject({ status: 200 })
})
