import { hash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { startTrace } from '@supergraph/telemetry/spans.ts'
import { addTaker } from '@supergraph/telemetry/telemetry.ts'
import { expect, it, vi } from 'vitest'
import { sendRaw } from '../../testbed/raw-http.ts'
import { writeTraces } from '../traces/otlp.ts'
import { openConsole } from './console-under-test.ts'
import { createLines, createPlannedRequest } from './example-plan.ts'
import { createCheckout, createRequest, createSpan, newId } from './example-traces.ts'
import { serveGatewayMetrics } from './gateway-metrics.ts'

it('lists requests newest first, with what each needed', async () => {
  const { send, read } = await openConsole()
  const now = Date.now() * 1_000
  await send([
    ...createRequest('Older', { startUs: now - 9_000_000 }),
    ...createRequest('Newer', { startUs: now - 1_000_000, durationUs: 300_000 }),
  ])
  const { data } = await read('/requests')
  expect(data).toMatchObject({ total: 2, older: null, counts: { stored: 8, dropped: 0 } })
  expect(data.traces).toMatchObject([
    { name: 'Newer', durationUs: 300_000, calls: 1, statements: 1, spans: 4, isPlanCached: true },
    { name: 'Older' },
  ])
  expect(data.points.length).toBeGreaterThan(0)
})

it('takes protobuf, says in it how much it rejected, and refuses what is none', async () => {
  // n.b. a console takes the spans of its own process too: this one ends before it starts
  const bodies: Buffer[] = []
  const taking = addTaker(body => void bodies.push(body))
  const span = startTrace(undefined, { name: 'query', kind: 'server', service: 'far' })
  span?.set('graphql.operation.name', 'Far')
  span?.end()
  await taking.stop()
  const [body = Buffer.alloc(0)] = bodies
  const { at, read } = await openConsole()
  const sendProtobuf = (body: Buffer, path = '/v1/traces') =>
    fetch(at(path), {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/x-protobuf' },
    })
  const taken = await sendProtobuf(body)
  expect(taken).toMatchObject({ status: 200 })
  expect(taken.headers.get('content-type')).toBe('application/x-protobuf')
  expect(Buffer.from(await taken.arrayBuffer())).toHaveLength(0)
  await vi.waitFor(async () => {
    const { data } = await read(`/requests/${span?.traceId}`)
    expect(data.trace).toMatchObject({ name: 'Far', spans: 1 })
  })
  // n.b. a span without anything, in a scope of a resource
  const rejected = await sendProtobuf(Buffer.of(0x0a, 0x04, 0x12, 0x02, 0x12, 0x00))
  expect(Buffer.from(await rejected.arrayBuffer()).toString()).toContain('spans need an id')
  const broken = await sendProtobuf(body.subarray(0, 40))
  expect(broken.status).toBe(400)
  expect(await broken.text()).toContain('The body is not OTLP as protobuf: it ends too soon.')
  expect((await sendProtobuf(Buffer.of(0xff), '/v1/logs')).status).toBe(400)
})

it('puts a trace together that comes in pieces, in any order, from several processes', async () => {
  const { send, read } = await openConsole()
  const spans = createRequest('Me')
  const [{ traceId } = createSpan()] = spans
  for (const span of spans) await send([span])
  const { data } = await read(`/requests/${traceId}`)
  expect(data.trace).toMatchObject({ name: 'Me', spans: 4, calls: 1, statements: 1, kind: 'request' })
  expect(data.spans.map(({ name }: { readonly name: string }) => name)).toEqual([
    'query',
    'fetch orders',
    'query',
    'SELECT orders',
  ])
})

it('filters by attribute, duration, time and words, and passes over filters that are off', async () => {
  const { send, read } = await openConsole()
  await send([
    ...createRequest('Quick', { durationUs: 1_000, attributes: { 'supergraph.client.name': 'web' } }),
    ...createRequest('Slow', { durationUs: 900_000, error: 'SERVICE_TIMEOUT' }),
    ...createRequest('Old', { startUs: (Date.now() - 7_200_000) * 1_000 }),
  ])
  const names = async (query: string) => {
    const { data } = await read(`/requests?${query}`)
    return data.traces.map(({ name }: { readonly name: string }) => name).toSorted()
  }
  expect(await names('filter=duration>100ms')).toEqual(['Slow'])
  expect(await names('filter=status=error')).toEqual(['Slow'])
  expect(await names('filter=client=web')).toEqual(['Quick'])
  expect(await names('filter=client!=web&filter=age<1h')).toEqual(['Slow'])
  expect(await names('filter=graphql.operation.name~ui')).toEqual(['Quick'])
  expect(await names('filter=db.response.returned_rows>2')).toHaveLength(3)
  expect(await names('filter=db.response.returned_rows>3')).toEqual([])
  expect(await names('filter=quick')).toEqual(['Quick'])
  expect(await names('off=client=web')).toHaveLength(3)
  expect(await names("filter=name='; drop table traces --")).toEqual([])
  expect(await read('/requests?filter=duration>long')).toMatchObject({
    status: 400,
    data: { message: 'long is no duration: write 250us, 100ms or 1.5s' },
  })
})

it('has a page, its data and its changes at the same address, and runs no script but its own', async () => {
  const { at, post, send } = await openConsole()
  const page = await fetch(at('/requests'), { headers: { accept: 'text/html' } })
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  const text = await page.text()
  const files = [...text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, address = '']) => address)
  expect(files.length).toBeGreaterThan(5)
  for (const file of files) {
    const { status, headers } = await fetch(at(file))
    expect([file, status, headers.get('cache-control')]).toEqual([
      file,
      200,
      'public, max-age=31536000, immutable',
    ])
  }
  const spans = createRequest('<img src=x onerror=alert(1)>')
  await send(spans)
  expect(await (await fetch(at('/requests'), { headers: { accept: 'text/html' } })).text()).toBe(text)

  const events = await fetch(at('/requests'), { headers: { accept: 'text/event-stream' } })
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader()
  let heard = ''
  const hear = async (name: string) => {
    while (!heard.includes(name)) heard += (await reader?.read())?.value ?? ''
  }
  await hear('onerror')
  await post('/v1/traces', writeTraces(createRequest('Live')))
  await hear('"Live"')
  await reader?.cancel()
})

it('takes OTLP with gzip, says what it refuses, and takes nothing that a page of another site could send', async () => {
  const { at, post, read } = await openConsole()
  const [good = createSpan(), ...others] = createRequest('Zipped')
  const body = writeTraces([{ ...good, traceId: 'none' }, ...others])
  const zipped = await fetch(at('/v1/traces'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(JSON.stringify(body)),
  })
  expect(await zipped.json()).toMatchObject({ partialSuccess: { rejectedSpans: 1 } })
  await vi.waitFor(async () => expect((await read('/requests')).data.total).toBe(1))
  const status = async (headers: Readonly<Record<string, string>>) =>
    (await post('/v1/traces', body, headers)).status
  expect(await status({ 'content-type': 'text/plain' })).toBe(415)
  expect(await status({ 'content-encoding': 'br' })).toBe(415)
  expect(await status({ 'content-encoding': 'gzip' })).toBe(400)
  const parts = await fetch(at('/v1/traces'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(`{"resourceSpans":[${'{},'.repeat(1_000_000)}{}]}`),
  })
  expect([parts.status, (await parts.json()).message]).toEqual([413, expect.stringContaining('send fewer')])
  expect(await status({ origin: 'https://evil.example' })).toBe(403)
  expect(await status({ origin: new URL(at('/')).origin })).toBe(200)
})

it('answers to names of loopback alone, and keeps its pages from other sites', async () => {
  const { url, at } = await openConsole()
  const ask = (host: string) =>
    sendRaw(Number(new URL(url).port), [
      `GET /requests HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n`,
    ])
  expect(await ask('evil.example')).toMatchObject({ status: 421 })
  expect(await ask('localhost:4007')).toMatchObject({ status: 200 })
  const { headers } = await fetch(at('/requests'))
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('access-control-allow-origin')).toBeNull()
})

it('exports a trace as OTLP that another console shows the same', async () => {
  const first = await openConsole()
  const spans = createCheckout(crypto.randomUUID(), crypto.randomUUID())
  const [{ traceId } = createSpan()] = spans
  await first.send(spans)
  const saved = await fetch(first.at(`/requests/${traceId}.otlp.json`), {
    headers: { accept: 'application/json' },
  })
  expect(saved.headers.get('content-disposition')).toContain(`trace-${traceId}.otlp.json`)
  const second = await openConsole()
  await second.post('/v1/traces', await saved.json())
  await vi.waitFor(async () => expect((await second.read('/requests')).data.total).toBe(1))
  const [one, other] = await Promise.all([first, second].map(({ read }) => read(`/requests/${traceId}`)))
  expect(other?.data.spans).toEqual(one?.data.spans)
})

it('keeps a plan once, and tells it with a trace that is exported', async () => {
  const { send, read, post, at } = await openConsole()
  const spans = createPlannedRequest()
  await send(spans)
  const path = `/requests/${spans[0]?.traceId}`
  const { data } = await read(path)
  expect(JSON.stringify(data.spans)).not.toContain('supergraph.plan.text')
  expect(data.runs[0].plan.steps.nodes[1].nodes[0]).toMatchObject({
    subgraph: 'products',
    number: 1,
    requires: '... on Product { __typename id }',
  })
  const other = await openConsole()
  await other.post('/v1/traces', (await read(`${path}.otlp.json`)).data)
  await vi.waitFor(async () => expect((await other.read(path)).data.runs).toEqual(data.runs))

  const { data: schema } = await read('/schema/User.name')
  const user = schema.types.find(({ name }: { readonly name: string }) => name === 'User')
  const name = user.fields.find(({ name }: { readonly name: string }) => name === 'name')
  expect(name).toMatchObject({
    owners: ['users'],
    uses: [{ operation: 'OrderPage', client: 'web', uses: 1 }],
  })
  expect(name.recorded).toContain('OrderPage')
  expect((await read('/schema/User.nothing')).status).toBe(404)
  expect((await read('/schema/operations/OrderPage')).data).toMatchObject({
    operation: { name: 'OrderPage' },
    plan: { id: data.runs[0].planId },
    uses: [{ client: 'web', uses: 1 }],
  })
  const textAt = async (path: string) => (await fetch(at(path))).text()
  expect(await textAt('/schema/operations/OrderPage.svg')).toContain('>products</text>')
  expect(await textAt('/schema/operations/OrderPage.mmd')).toContain('gateway->>users: order.customer: name')
  expect((await read('/schema/operations/Nothing')).status).toBe(404)

  await post('/v1/logs', createLines(spans))
  await vi.waitFor(async () =>
    expect((await read(path)).data.lines).toMatchObject([
      { service: 'orders', level: 'info', fields: { replica: 'orders-2' } },
      { service: 'gateway', level: 'warn', message: 'a subgraph does not answer' },
    ]),
  )
  expect((await read('/map/orders')).data.lines).toMatchObject([{ service: 'orders', level: 'info' }])
})

it('tells the plans of a trace apart, and whose fetches an equal request got the answer of', async () => {
  const { send, read } = await openConsole()
  const planned = createPlannedRequest()
  const [{ traceId } = createSpan()] = planned
  const event = createSpan({
    traceId,
    name: 'deliver',
    startUs: (Date.now() - 60_000) * 1_000,
    attributes: { 'graphql.operation.name': 'OrderUpdated', 'supergraph.plan.id': 'feedfeedfeedfeed' },
  })
  const other = createRequest('OrderPage', {
    attributes: { 'supergraph.plan.id': '3f2a90c1d4e5b607', 'supergraph.shared': true },
    links: [{ traceId, spanId: event.spanId }],
  })
  await send([event, ...planned, ...other])
  expect((await read(`/requests/${traceId}`)).data.runs).toMatchObject([
    { title: 'query OrderPage', plan: { id: '3f2a90c1d4e5b607' }, joined: null },
    { title: 'deliver OrderUpdated', planId: 'feedfeedfeedfeed', plan: null },
  ])
  expect((await read(`/requests/${other[0]?.traceId}`)).data.runs).toMatchObject([
    { plan: { id: '3f2a90c1d4e5b607' }, joined: { traceId } },
  ])
})

it('repeats a recorded operation, and no other: no other document is kept', async () => {
  const { send, read } = await openConsole()
  const [document = ''] = readRecordedOperations()
  const known = createRequest('Known', {
    attributes: { 'supergraph.operation.hash': hash('sha256', document) },
  })
  const unknown = createRequest('Unknown', {
    attributes: { 'supergraph.operation.hash': hash('sha256', '{ me { id } }') },
  })
  await send([...known, ...unknown])
  const operationOf = async ([span]: typeof known) =>
    (await read(`/requests/${span?.traceId}`)).data.operation
  expect(await operationOf(known)).toMatchObject({
    document: document.trim(),
    name: expect.stringMatching(/^\w+$/),
  })
  expect(await operationOf(unknown)).toBeNull()
})

it('shows what is live, by the metrics of the gateway, and the latest events by spans', async () => {
  const url = await serveGatewayMetrics(() => ({ quick: 7, slow: 0 }))
  const { send, read } = await openConsole({ GATEWAY_METRICS_URL: url })
  const delivery = createSpan({ name: 'deliver', attributes: { 'graphql.operation.name': 'OrderUpdated' } })
  await send([delivery])
  expect((await read('/live')).data).toMatchObject({
    trouble: null,
    processes: 1,
    sockets: 3,
    subscriptions: [{ operation: 'OrderUpdated', open: 2, events: 7 }],
    upstreams: [{ subgraph: 'notifications', open: 1 }],
    ages: { now: null, minutes: null, bySubgraph: [{ subgraph: 'notifications', now: null, minutes: null }] },
    closes: [{ code: '1006', count: 4 }],
    deliveries: [{ traceId: delivery.traceId, operation: 'OrderUpdated', ageUs: delivery.durationUs }],
  })
  const alone = await openConsole()
  expect((await alone.read('/live')).data.trouble).toContain('GATEWAY_METRICS_URL')
})

it('draws what goes between the parts of the system, for documents', async () => {
  const { at } = await openConsole()
  const svg = await fetch(at('/schema/flow.svg'), { headers: { accept: 'text/html' } })
  expect(svg.headers.get('content-type')).toContain('image/svg+xml')
  expect(await svg.text()).toContain('>gateway</text>')
  expect(await (await fetch(at('/schema/flow.mmd'))).text()).toContain('gateway --> orders')
})

it('shows what passes on the map, and the parts of the system that the code has', async () => {
  const { send, read } = await openConsole()
  await send(createCheckout('o-1', 'm-1'))
  const { data } = await read('/map?minutes=60')
  const ids = data.parts.map(({ id }: { readonly id: string }) => id)
  expect(ids).toEqual(
    expect.arrayContaining(['gateway', 'orders', 'orders-db', 'exchange', 'payments', 'mail']),
  )
  expect(data.traffic).toContainEqual(
    expect.objectContaining({ source: 'gateway', target: 'orders', passages: 1, failures: 0 }),
  )
  for (const { source, target } of data.traffic) expect(ids).toEqual(expect.arrayContaining([source, target]))
  expect((await read('/map/orders')).status).toBe(200)
  expect((await read('/map/nothing')).status).toBe(404)
})

it('tells an event’s way with the queues that wait for it, and an order’s saga', async () => {
  const { send, read } = await openConsole({ PAYMENT_SIMULATOR_URL: 'http://127.0.0.1:4010' })
  const [orderId, messageId] = [crypto.randomUUID(), crypto.randomUUID()]
  await send(createCheckout(orderId, messageId))
  const { data: list } = await read('/events?type=order.confirmed')
  expect(list.events).toMatchObject([{ id: messageId, label: 'order.confirmed' }])
  const { data: event } = await read(`/events/${messageId}`)
  expect(event).toMatchObject({ type: 'order.confirmed', subject: orderId, version: 2 })
  expect(event.queues).toEqual([
    { queue: 'notifications.on-order-changed', isHandled: true },
    { queue: 'analytics.on-order-changed', isHandled: false },
  ])
  const { data: order } = await read(`/orders/${orderId}`)
  expect(order.steps).toHaveLength(4)
  expect(order.shopIsSilent).toContain('STAFF_EMAIL')
  expect(order.paymentsUrl).toBe(`http://127.0.0.1:4010/simulator?order=${orderId}`)
  expect(order.ledger).toEqual({ account: null, silence: expect.stringContaining('ORDERS_DATABASE_URL') })
  expect((await read(`/orders/${crypto.randomUUID()}`)).status).toBe(404)
  expect((await read(`/events/${crypto.randomUUID()}`)).status).toBe(404)
})

it('answers what it does not have with 404', async () => {
  const { read, at } = await openConsole()
  for (const path of [`/requests/${newId(32)}`, '/requests/x', '/assets/../package.json', '/nothing'])
    expect((await read(path)).status).toBe(404)
  expect((await fetch(at('/requests'), { method: 'PUT' })).status).toBe(405)
})
