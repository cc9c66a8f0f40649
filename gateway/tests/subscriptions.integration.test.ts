import { registry } from '@supergraph/metrics/metrics.ts'
import type { Client, FormattedExecutionResult } from 'graphql-ws'
import { expect, it, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const priceChanges = `subscription ($id: ID!, $ordered: String) {
  change: priceChanged(productId: $id) { amountMinor product { label: name timesOrdered(status: $ordered) } }
}`

/** Subscribes and collects what comes. */
const follow = (client: Client, query: string, variables: Record<string, unknown> = {}, extensions = {}) => {
  const results: FormattedExecutionResult<Record<string, unknown>, unknown>[] = []
  const end = { error: undefined as unknown, complete: false }
  const unsubscribe = client.subscribe(
    { query, variables, extensions },
    {
      next: result => results.push(result),
      error: error => {
        end.error = error
      },
      complete: () => {
        end.complete = true
      },
    },
  )
  return { results, end, unsubscribe }
}

it('completes each event of one subgraph with what another knows', async () => {
  const { socketClient, feed } = await startGatewayUnderTest()
  const { results } = follow(socketClient(), priceChanges, { id: '7' })
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  feed.publish('7', 100)
  feed.publish('7', 200)
  await vi.waitFor(() => expect(results.length).toBe(2))
  const change = (amountMinor: number) => ({
    data: { change: { amountMinor, product: { label: 'Product 7', timesOrdered: 70 } } },
  })
  expect(results).toEqual([change(100), change(200)])
})

it('delivers the event without the fields of a subgraph that is down', async () => {
  const { socketClient, feed, orders } = await startGatewayUnderTest()
  const { results } = follow(socketClient(), priceChanges, { id: '7' })
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  orders.answers('with 503')
  feed.publish('7', 100)
  await vi.waitFor(() => expect(results.length).toBe(1))
  expect(results).toEqual([
    {
      data: { change: { amountMinor: 100, product: { label: 'Product 7', timesOrdered: null } } },
      errors: [
        { message: 'orders does not answer', extensions: { code: 'SERVICE_UNAVAILABLE', service: 'orders' } },
      ],
    },
  ])
})

it('speaks for each viewer on the connection that they share, and in the fetches per event', async () => {
  const { socketClient, feed, products, tokens } = await startGatewayUnderTest()
  const whoAsks = 'subscription { priceChanged(productId: "7") { whoAsks product { whoAsksOrders } } }'
  const signedIn = socketClient({ authorization: `Bearer ${await tokens.customer('ada')}` })
  const ada = follow(signedIn, whoAsks)
  const nobody = follow(socketClient(), whoAsks)
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(2))
  expect(products.connections()).toBe(1)
  feed.publish('7', 1)
  await vi.waitFor(() => expect([ada.results.length, nobody.results.length]).toEqual([1, 1]))
  const asked = (by: string) => [{ data: { priceChanged: { whoAsks: by, product: { whoAsksOrders: by } } } }]
  expect(ada.results).toEqual(asked('user ada'))
  expect(nobody.results).toEqual(asked('anonymous'))
})

it("takes an operation's own token from where GraphiQL puts its headers", async () => {
  const { socketClient, feed, tokens } = await startGatewayUnderTest()
  const whoAsks = 'subscription { priceChanged(productId: "7") { whoAsks } }'
  const client = socketClient()
  const headers = { Authorization: `Bearer ${await tokens.customer('ada')}` }
  const ada = follow(client, whoAsks, {}, { headers })
  const stranger = follow(client, whoAsks, {}, { headers: { Authorization: 'Bearer nonsense' } })
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  feed.publish('7', 1)
  await vi.waitFor(() => expect(ada.results).toEqual([{ data: { priceChanged: { whoAsks: 'user ada' } } }]))
  await vi.waitFor(() =>
    expect(stranger.end.error).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]),
  )
})

it('ends the upstream operation at once when the client unsubscribes or goes away', async () => {
  const { socketClient, feed, products, gateway } = await startGatewayUnderTest()
  const staying = socketClient()
  const first = follow(staying, priceChanges, { id: '1' })
  follow(staying, priceChanges, { id: '2' })
  const leaving = socketClient()
  follow(leaving, priceChanges, { id: '3' })
  await vi.waitFor(() => expect(['1', '2', '3'].map(feed.listeners)).toEqual([1, 1, 1]))
  first.unsubscribe()
  leaving.terminate()
  await vi.waitFor(() => expect(['1', '2', '3'].map(feed.listeners)).toEqual([0, 1, 0]))
  expect(products.connections()).toBe(1)
  expect(gateway.live.subscriptions).toEqual(new Map([['other', { open: 1, sent: 0, slow: 0 }]]))
  await vi.waitFor(() => expect(gateway.live.sockets).toBe(1))
})

it('ends a subscription with an error when the upstream connection breaks, and opens a new connection for the next subscription', async () => {
  const { socketClient, feed, products, startProducts } = await startGatewayUnderTest()
  const client = socketClient()
  const broken = follow(client, priceChanges, { id: '7' })
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  await products.stop()
  const unavailable = [
    { message: 'products does not answer', extensions: { code: 'SERVICE_UNAVAILABLE', service: 'products' } },
  ]
  await vi.waitFor(() => expect(broken.end.error).toEqual(unavailable))

  const early = follow(client, priceChanges, { id: '7' })
  await vi.waitFor(() => expect(early.end.error).toEqual(unavailable))

  const restarted = await startProducts(products.port)
  try {
    const again = follow(client, priceChanges, { id: '7' })
    await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
    feed.publish('7', 300)
    await vi.waitFor(() => expect(again.results).toMatchObject([{ data: { change: { amountMinor: 300 } } }]))
    expect(broken.results).toEqual([])
  } finally {
    await restarted.stop()
  }
})

const stockChanges = `subscription ($id: ID!, $after: Int) {
  stockChanged(productId: $id, after: $after) { units product { timesOrdered } }
}`

it('goes on by itself when the upstream connection breaks, if the supergraph says how', async () => {
  const { socketClient, stock, products, startProducts } = await startGatewayUnderTest()
  stock.change('7', 1)
  stock.change('7', 2)
  const client = socketClient()
  const [fromStart, fromNow] = [{ id: '7', after: 0 }, { id: '7' }].map(variables =>
    follow(client, stockChanges, variables),
  )
  await vi.waitFor(() => expect([fromStart?.results.length, fromNow?.results.length]).toEqual([2, 1]))
  await products.stop()
  stock.change('7', 3)
  const restarted = await startProducts(products.port)
  try {
    await vi.waitFor(() => expect(fromNow?.results.length).toBe(2))
    stock.change('7', 4)
    const events = (...units: readonly number[]) =>
      units.map(units => ({ data: { stockChanged: { units, product: { timesOrdered: 70 } } } }))
    await vi.waitFor(() => expect(fromStart?.results).toEqual(events(1, 2, 3, 4)))
    await vi.waitFor(() => expect(fromNow?.results).toEqual(events(2, 3, 4)))
  } finally {
    await restarted.stop()
  }
})

it('ends only the subscription that falls behind, after the events that came before', async () => {
  const { socketClient, feed, orders, gateway } = await startGatewayUnderTest({ SUBGRAPH_TIMEOUT_MS: '3000' })
  const client = socketClient()
  const slow = follow(client, priceChanges, { id: '7' })
  const quick = follow(client, 'subscription { priceChanged(productId: "7") { amountMinor } }')
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(2))
  orders.answers('never')
  const amounts = Array.from({ length: 1_100 }, (_, index) => index + 1)
  for (const amount of amounts) feed.publish('7', amount)
  await vi.waitFor(() => expect(quick.results.length).toBe(1_100))
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  orders.answers('properly')
  await vi.waitFor(
    () => expect(slow.end.error).toMatchObject([{ extensions: { code: 'SLOW_CONSUMER' } }]),
    20_000,
  )
  const received = slow.results.map(({ data }) => Object(data?.change).amountMinor)
  expect(received.length).toBeGreaterThanOrEqual(1_000)
  expect(received.slice(1)).toEqual(amounts.slice(1, received.length))
  expect(quick.results).toEqual(amounts.map(amountMinor => ({ data: { priceChanged: { amountMinor } } })))
  feed.publish('7', 0)
  await vi.waitFor(() => expect(quick.results.length).toBe(1_101))
  const sent = received.length + 1_101
  expect(gateway.live.subscriptions).toEqual(new Map([['other', { open: 1, sent, slow: 1 }]]))
})

it("passes the subgraph's refusal of a subscription on and completes it", async () => {
  const { socketClient } = await startGatewayUnderTest()
  const { results, end } = follow(socketClient(), 'subscription { refusedChanges { amountMinor } }')
  await vi.waitFor(() => expect(end.complete).toBe(true))
  expect(results).toEqual([
    {
      data: { refusedChanges: null },
      errors: [
        {
          message: 'No such thing',
          path: ['refusedChanges'],
          extensions: { code: 'NOT_FOUND', service: 'products' },
        },
      ],
    },
  ])
})

it('refuses with a code an operation that can not run, and keeps the socket', async () => {
  const { socketClient } = await startGatewayUnderTest()
  const client = socketClient()
  const refused = [
    ['subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['subscription { priceChangd(productId: "1") { amountMinor } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription ($id: ID!) { priceChanged(productId: $id) { amountMinor } }', 'BAD_USER_INPUT'],
    ['query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
  ] as const
  for (const [query, code] of refused) {
    const { end } = follow(client, query)
    await vi.waitFor(() => expect(end.error).toMatchObject([{ extensions: { code } }]))
    expect(JSON.stringify(end.error)).not.toContain('Did you mean')
  }
  const { results } = follow(client, '{ product(id: "1") { name } }')
  await vi.waitFor(() => expect(results).toEqual([{ data: { product: { name: 'Product 1' } } }]))
})

it('runs queries and mutations over the socket as it does over HTTP', async () => {
  const { socketClient, tokens, orders } = await startGatewayUnderTest({ METRICS_CLIENTS: 'web' })
  const client = socketClient({
    Authorization: `Bearer ${await tokens.customer('ada')}`,
    'graphql-client-name': 'web',
  })
  const query = follow(client, '{ whoAsksOrders }')
  await vi.waitFor(() => expect(query.end.complete).toBe(true))
  expect(query.results).toEqual([{ data: { whoAsksOrders: 'user ada' } }])
  expect(await registry.getSingleMetricAsString('supergraph_operation_seconds')).toContain(
    'supergraph_operation_seconds_count{client="web",operation="other",outcome="ok"} 1',
  )
  orders.answers('with 503')
  const mutation = follow(client, 'mutation { renameProduct(id: "4", name: "x") { name timesOrdered } }')
  await vi.waitFor(() => expect(mutation.end.complete).toBe(true))
  expect(mutation.results).toEqual([
    {
      data: { renameProduct: { name: 'x', timesOrdered: null } },
      errors: [
        { message: 'orders does not answer', extensions: { code: 'SERVICE_UNAVAILABLE', service: 'orders' } },
      ],
    },
  ])
})
