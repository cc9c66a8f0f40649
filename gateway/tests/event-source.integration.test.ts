import { createServer, request as sendRequest } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { registry } from '@supergraph/metrics/metrics.ts'
import { createEventWriter } from '@supergraph/runtime/event-writer.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { SessionEnded } from '@supergraph/schema/events/users.ts'
import { Client, fetchExchange } from '@urql/core'
import { OperationTypeNode } from 'graphql'
import { createClient } from 'graphql-sse'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createShopClient } from '../../client/shop-client.ts'
import { createErrorFormatter } from '../errors.ts'
import { createOperationStream } from '../http/operation-stream.ts'
import type { SessionWatch } from '../sessions/session-watch.ts'
import { startGatewayUnderTest } from './gateway-under-test.ts'

type ServerSentEvent = { readonly event: string; readonly data: unknown; readonly id: string | undefined }

const changes = `subscription ($id: ID!, $after: Int) {
  stockChanged(productId: $id, after: $after) { units product { timesOrdered } }
}`
const change = (units: number) => ({ data: { stockChanged: { units, product: { timesOrdered: 70 } } } })

/** Sends an operation and collects the events that come, and the comments between. */
const listen = async (
  origin: string,
  body: object,
  { headers = {}, method = 'POST' }: { headers?: Record<string, string>; method?: string } = {},
) => {
  const control = new AbortController()
  onTestFinished(() => control.abort())
  const search = method === 'GET' ? `?${new URLSearchParams(Object.entries(body))}` : ''
  const response = await fetch(`${origin}/graphql${search}`, {
    method,
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...headers },
    ...(method !== 'GET' && { body: JSON.stringify(body) }),
    signal: control.signal,
  })
  const events: ServerSentEvent[] = []
  const state = { isOver: false }
  const read = async () => {
    let text = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\n').map(line => line.split(/: ?(.*)/s)))
        if (fields.event !== undefined)
          events.push({ event: fields.event, data: fields.data && JSON.parse(fields.data), id: fields.id })
      }
    }
  }
  if (response.headers.get('content-type')?.startsWith('text/event-stream'))
    void read()
      .catch(() => undefined)
      .then(() => {
        state.isOver = true
      })
  return { response, events, state, leave: () => control.abort() }
}

const next = (data: unknown, id?: string) => ({ event: 'next', data, id })
const complete = { event: 'complete', data: '', id: undefined }

it('streams a subscription with the cursor of each event as its id, and goes on after the last id', async () => {
  const { origin, stock } = await startGatewayUnderTest()
  stock.change('7', 10)
  const first = await listen(origin, { query: changes, variables: { id: '7' } })
  expect(first.response.status).toBe(200)
  expect(Object.fromEntries(first.response.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
  await vi.waitFor(() => expect(first.events).toEqual([next(change(10), '1')]))
  stock.change('7', 11)
  await vi.waitFor(() => expect(first.events).toEqual([next(change(10), '1'), next(change(11), '2')]))
  first.leave()
  await vi.waitFor(() => expect(stock.followers('7')).toBe(0))
  stock.change('7', 12)
  stock.change('7', 13)
  const headers = { 'last-event-id': '2' }
  const again = await listen(origin, { query: changes, variables: { id: '7' } }, { headers })
  await vi.waitFor(() => expect(again.events).toEqual([next(change(12), '3'), next(change(13), '4')]))
})

/** How many events of a subgraph were measured, how many of them as new, and their ages together. */
const measuredAges = async (subgraph: string) => {
  const name = 'supergraph_subscription_event_age_seconds'
  const lines = (await registry.getSingleMetricAsString(name)).split('\n')
  const of = `operation="other",subgraph="${subgraph}"}`
  const numberAt = (series: string) =>
    Number(lines.find(line => line.startsWith(series))?.slice(series.length) ?? 0)
  return {
    count: numberAt(`${name}_count{${of}`),
    new: numberAt(`${name}_bucket{le="0.0025",${of}`),
    seconds: numberAt(`${name}_sum{${of}`),
  }
}

it('measures for sockets and streams alike how old an event is when its frame is written', async () => {
  const { origin, stock, products, socketClient } = await startGatewayUnderTest()
  const first = await measuredAges('products')
  products.datesEvents(() => Date.now() - 60_000)
  stock.change('7', 10)
  const operation = { query: changes, variables: { id: '7' } }
  const frames: unknown[] = []
  const collect = { next: (frame: unknown) => frames.push(frame), error: vi.fn(), complete: vi.fn() }
  const { events } = await listen(origin, operation)
  socketClient().subscribe(operation, collect)
  const sent = (count: number) =>
    vi.waitFor(() => expect([events.length, frames.length]).toEqual([count, count]))
  await sent(1)
  expect(await measuredAges('products')).toEqual(first)

  const happenedAtMs = Date.now()
  products.datesEvents(() => happenedAtMs)
  await vi.waitFor(() => expect(Date.now() - happenedAtMs).toBeGreaterThan(20))
  stock.change('7', 11)
  await sent(2)
  const late = await measuredAges('products')
  expect(late).toMatchObject({ count: first.count + 2, new: first.new })
  expect(late.seconds - first.seconds).toBeGreaterThan(0.04)

  products.datesEvents(() => Date.now() + 60_000)
  stock.change('7', 12)
  await sent(3)
  expect(await measuredAges('products')).toEqual({ ...late, count: late.count + 2, new: late.new + 2 })

  products.datesEvents(() => undefined)
  stock.change('7', 13)
  await sent(4)
  expect((await measuredAges('products')).count).toBe(late.count + 2)
})

it('takes the last id over the cursor among the variables, and refuses one that it never gave', async () => {
  const { origin, stock } = await startGatewayUnderTest()
  for (const units of [10, 11, 12]) stock.change('7', units)
  const resumed = await listen(
    origin,
    { query: changes, variables: { id: '7', after: 0 } },
    { headers: { 'last-event-id': '2' } },
  )
  await vi.waitFor(() => expect(resumed.events).toEqual([next(change(12), '3')]))
  const unmarked = 'subscription { priceChanged(productId: "7") { amountMinor } }'
  for (const [query, id] of [
    [changes, 'nonsense'],
    [changes, '%'],
    [changes, '%ED%A0%80'],
    [changes, '\u00e9'],
    [changes, '1.5'],
    [changes, '99999999999'],
    [changes, '1e999'],
    [unmarked, '1'],
  ] as const) {
    const refused = await listen(
      origin,
      { query, variables: { id: '7' } },
      { headers: { 'last-event-id': id } },
    )
    await vi.waitFor(() =>
      expect(refused.events).toMatchObject([
        { event: 'next', data: { errors: [{ extensions: { code: 'BAD_REQUEST' } }] } },
        complete,
      ]),
    )
  }
})

it('answers queries and mutations too, by GET what only reads', async () => {
  const { origin, tokens } = await startGatewayUnderTest()
  const query = '{ product(id: "7") { name timesOrdered } }'
  const answer = [next({ data: { product: { name: 'Product 7', timesOrdered: 70 } } }), complete]
  for (const method of ['GET', 'POST']) {
    const { events, state } = await listen(origin, { query }, { method })
    await vi.waitFor(() => expect(state.isOver).toBe(true))
    expect(events).toEqual(answer)
  }
  const mutation = { query: 'mutation { renameProduct(id: "7", name: "x") { name } }' }
  const headers = { authorization: `Bearer ${await tokens.customer('ada')}` }
  const renamed = await listen(origin, mutation, { headers })
  await vi.waitFor(() =>
    expect(renamed.events).toEqual([next({ data: { renameProduct: { name: 'x' } } }), complete]),
  )
  const byGet = await listen(origin, mutation, { headers, method: 'GET' })
  expect([byGet.response.status, byGet.response.headers.get('allow')]).toEqual([405, 'POST'])
})

it('refuses a bad request with a status, and a bad operation in the stream', async () => {
  const { origin, tokens } = await startGatewayUnderTest({ MAX_DEPTH: '3' })
  const ok = { query: '{ product(id: "7") { name } }' }
  const statuses = [
    [ok, { headers: { authorization: 'Bearer nonsense' } }, 401, 'UNAUTHENTICATED'],
    [ok, { headers: { origin: 'https://evil.example.com' } }, 403, 'FORBIDDEN'],
    [ok, { headers: { 'content-type': 'text/plain' } }, 415, 'BAD_REQUEST'],
    [{ query: '' }, {}, 400, 'BAD_REQUEST'],
    [{ query: 'x'.repeat(300_000) }, {}, 413, 'BAD_REQUEST'],
    [{ ...ok, variables: '{' }, { method: 'GET' }, 400, 'BAD_REQUEST'],
    [{ ...ok, access_token: await tokens.customer('ada') }, { method: 'GET' }, 400, 'BAD_REQUEST'],
  ] as const
  for (const [body, options, status, code] of statuses) {
    const { response } = await listen(origin, body, options)
    expect([response.status, await response.json()]).toMatchObject([
      status,
      { errors: [{ extensions: { code } }] },
    ])
  }
  const refusals = [
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription ($id: ID!) { stockChanged(productId: $id) { units } }', 'BAD_USER_INPUT'],
    [
      'query A { product(id: 1) { a: __typename } many(count: 1, distinct: 1) { b: __typename } } query B { c: __typename }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'subscription { priceChanged(productId: 1) { product { timesOrdered { a { b } } } } }',
      'OPERATION_TOO_LARGE',
    ],
    ['subscription { refusedChanges { amountMinor } }', 'NOT_FOUND'],
  ] as const
  for (const [query, code] of refusals) {
    const { events } = await listen(origin, { query })
    await vi.waitFor(() =>
      expect(events).toMatchObject([
        { event: 'next', data: { errors: [{ extensions: { code } }] } },
        complete,
      ]),
    )
  }
})

it('lets pages of the origins that it knows read the stream', async () => {
  const { origin } = await startGatewayUnderTest({ CORS_ORIGINS: 'https://shop.example.com' })
  const headers = { origin: 'https://shop.example.com' }
  const { response } = await listen(origin, { query: '{ __typename }' }, { headers })
  expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example.com')
})

it('has room for so many streams of one address, and for another when one is over', async () => {
  const { origin, stock } = await startGatewayUnderTest({ SOCKETS_PER_ADDRESS: '2' })
  const open = (id: string) => listen(origin, { query: changes, variables: { id } })
  const [first] = [await open('1'), await open('2')]
  await vi.waitFor(() => expect(stock.followers('2')).toBe(1))
  const third = await open('3')
  expect(third.response.status).toBe(429)
  first?.leave()
  await vi.waitFor(() => expect(stock.followers('1')).toBe(0))
  expect((await open('3')).response.status).toBe(200)
})

it('ends the stream with its session, after an event that says so', async () => {
  const { origin, stock, tokens, transport } = await startGatewayUnderTest()
  const user = uuidv7()
  const sessionId = uuidv7(Date.now() - 60_000)
  const headers = { authorization: `Bearer ${await tokens.customer(user, { sessionId })}` }
  const { events, state } = await listen(origin, { query: changes, variables: { id: '7' } }, { headers })
  await vi.waitFor(() => expect(stock.followers('7')).toBe(1))
  await transport.publish(
    SessionEnded.create({
      id: uuidv7(),
      subject: user,
      version: 1,
      occurredAt: new Date(),
      data: { userId: user, sessionId, reason: 'logout' },
    }),
  )
  await vi.waitFor(() => expect(state.isOver).toBe(true))
  expect(events).toMatchObject([
    { event: 'next', data: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } },
    complete,
  ])
  expect(stock.followers('7')).toBe(0)
})

it('starts nothing for a session that ended while its operation was prepared', async () => {
  const start = vi.fn()
  const session = { viewer: { kind: 'anonymous' }, expiresAtMs: Number.POSITIVE_INFINITY } as const
  const ended: Pick<SessionWatch, 'watch' | 'unwatch'> = {
    watch: ({ over }) => over('ended'),
    unwatch: () => undefined,
  }
  const format = createErrorFormatter(createLogger('gateway', 'silent'))
  const server = createServer((_request, response) => {
    const stream = createOperationStream(response, session, ended, format)
    void stream.run({ kind: OperationTypeNode.SUBSCRIPTION, start })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { events } = await listen(`http://127.0.0.1:${port}`, {})
  await vi.waitFor(() =>
    expect(events).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } },
      complete,
    ]),
  )
  expect(start).not.toHaveBeenCalled()
})

it('breaks streams off without completing them when it stops', async () => {
  const { gateway, origin, stock } = await startGatewayUnderTest()
  stock.change('7', 10)
  const { events, state } = await listen(origin, { query: changes, variables: { id: '7' } })
  await vi.waitFor(() => expect(events).toHaveLength(1))
  await gateway.stop()
  await vi.waitFor(() => expect(state.isOver).toBe(true))
  expect(events).toEqual([next(change(10), '1')])
})

it('says with a comment that the stream goes on, and cuts off a client that reads nothing', async () => {
  let writes = 0
  let isCutOff = false
  const server = createServer((_request, response) => {
    const { next } = createEventWriter(response, 20)
    response.once('close', () => {
      isCutOff = true
    })
    void (async () => {
      while (!isCutOff) {
        await next(JSON.stringify('x'.repeat(100_000)))
        writes += 1
      }
    })()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  sendRequest({ host: '127.0.0.1', port }, response => response.pause()).end()
  await vi.waitFor(() => expect(isCutOff).toBe(true))
  expect(writes).toBeLessThan(1_000)

  const quiet = createServer((_request, response) => void createEventWriter(response, 20))
  await new Promise<void>(resolve => quiet.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    quiet.closeAllConnections()
    quiet.close()
  })
  const quietAddress = quiet.address()
  const quietPort = typeof quietAddress === 'object' && quietAddress !== null ? quietAddress.port : 0
  const response = await fetch(`http://127.0.0.1:${quietPort}`)
  let comments = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    comments += chunk
    if (comments.length >= 9) break
  }
  expect(comments).toMatch(/^(:\n\n)+$/)
})

/** What stands between a client and the gateway, and can break all connections. */
const startBreakable = async (gatewayPort: number) => {
  const sockets = new Set<Socket>()
  const proxy = createTcpServer(client => {
    const upstream = connect(gatewayPort, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    breakAll()
    proxy.close()
  })
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/graphql`,
    breakAll,
  }
}

it('serves the client graphql-sse, which goes on from its cursor after the connection broke', async () => {
  const { gateway, stock } = await startGatewayUnderTest()
  const { url, breakAll } = await startBreakable(gateway.port)
  for (const units of [10, 11]) stock.change('7', units)
  const sse = createClient({ url })
  onTestFinished(() => sse.dispose())
  let version = 0
  const units: unknown[] = []
  const ended = vi.fn()
  const variables = {
    id: '7',
    get after() {
      return version
    },
  }
  const query = `subscription ($id: ID!, $after: Int) {
    stockChanged(productId: $id, after: $after) { version units }
  }`
  sse.subscribe(
    { query, variables },
    {
      next: ({ data }) => {
        version = Number(Object(data?.stockChanged).version)
        units.push(Object(data?.stockChanged).units)
      },
      error: ended,
      complete: ended,
    },
  )
  await vi.waitFor(() => expect(units).toEqual([10, 11]))
  breakAll()
  await vi.waitFor(() => expect(stock.followers('7')).toBe(0))
  stock.change('7', 12)
  await vi.waitFor(() => expect(units).toEqual([10, 11, 12]))
  expect(ended).not.toHaveBeenCalled()
})

it('serves urql, which takes events from the same address as answers', async () => {
  const { origin, stock } = await startGatewayUnderTest()
  stock.change('7', 10)
  const urql = new Client({
    url: `${origin}/graphql`,
    preferGetMethod: false,
    fetchSubscriptions: true,
    exchanges: [fetchExchange],
  })
  const results: unknown[] = []
  const { unsubscribe } = urql
    .subscription(changes, { id: '7' })
    .subscribe(({ data }) => results.push({ data }))
  await vi.waitFor(() => expect(results).toMatchObject([change(10)]))
  stock.change('7', 11)
  await vi.waitFor(() => expect(results).toMatchObject([change(10), change(11)]))
  unsubscribe()
  await vi.waitFor(() => expect(stock.followers('7')).toBe(0))
  const { data } = await urql.query('{ product(id: "7") { name } }', {})
  expect(data).toMatchObject({ product: { name: 'Product 7' } })
})

it("serves the shop's own client where no WebSocket passes, over broken connections too", async () => {
  const { gateway, stock } = await startGatewayUnderTest()
  const { url, breakAll } = await startBreakable(gateway.port)
  const shop = createShopClient({
    url,
    webSocketImpl: class extends WebSocket {
      constructor(_url: string, protocol: string) {
        super('ws://127.0.0.1:1', protocol)
      }
    },
  })
  onTestFinished(() => shop.close())
  type Change = { readonly stockChanged: { readonly version: number; readonly units: number } }
  const units: number[] = []
  const watch = shop.watch<Change>({
    document: `subscription ($id: ID!, $after: Int) {
      stockChanged(productId: $id, after: $after) { version units }
    }`,
    variables: { id: '7' },
    cursorVariable: 'after',
    cursorOf: ({ stockChanged }) => stockChanged.version,
  })
  watch.subscribe(({ data }) => void units.push(data.stockChanged.units))
  await vi.waitFor(() => expect(stock.followers('7')).toBe(1))
  stock.change('7', 10)
  await vi.waitFor(() => expect(units).toEqual([10]))
  breakAll()
  await vi.waitFor(() => expect(stock.followers('7')).toBe(0))
  stock.change('7', 11)
  stock.change('7', 12)
  await vi.waitFor(() => expect(units).toEqual([10, 11, 12]))
})
