import { currentTraceparent, isTraceparent, traceHeader } from '@supergraph/runtime/trace-context.ts'
import type { OtlpSpan } from '@supergraph/telemetry/otlp.ts'
import { addSpanSink } from '@supergraph/telemetry/sink.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const everyone = '{ whoAsksUsers whoAsksProducts }'

const startWithTraces = async () => {
  const { post, socketClient, users, products } = await startGatewayUnderTest()
  const traces = () => [...users.received, ...products.received].map(({ headers }) => headers[traceHeader])
  return { post, socketClient, traces }
}

const collectSpans = () => {
  const spans: OtlpSpan[] = []
  const sink = addSpanSink(({ resourceSpans }) =>
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(each => each.spans))),
  )
  onTestFinished(sink.stop)
  return { spans }
}

it("goes on with the client's trace in every subgraph, in a span of its own", async () => {
  const { post, traces } = await startWithTraces()
  await post(everyone, { [traceHeader]: traceparent })
  const [first, second] = traces()
  expect(first).toContain(traceId)
  expect(first).not.toBe(traceparent)
  expect(second).toBe(first)
})

it('begins a trace for each operation of a client that sends none, or nonsense', async () => {
  const { post, traces } = await startWithTraces()
  await post(everyone)
  await post(everyone, { [traceHeader]: 'nonsense' })
  expect(traces()).toHaveLength(4)
  expect(traces().filter(isTraceparent)).toHaveLength(4)
  expect(new Set(traces()).size).toBe(2)
  expect(currentTraceparent()).toBeUndefined()
})

it('does the same for an operation over a socket, which may carry the trace as an extension', async () => {
  const { socketClient, traces } = await startWithTraces()
  const client = socketClient()
  for (const extensions of [{}, { [traceHeader]: traceparent }]) {
    const next = vi.fn()
    client.subscribe({ query: everyone, extensions }, { next, error: () => {}, complete: () => {} })
    await vi.waitFor(() => expect(next).toHaveBeenCalled())
  }
  expect(traces().filter(isTraceparent)).toHaveLength(4)
  expect(traces().filter(trace => String(trace).includes(traceId))).toHaveLength(2)
})

it('records an operation whose client completes it while it is prepared', async () => {
  const { rawSocket, tokens } = await startGatewayUnderTest()
  const { spans } = collectSpans()
  const { send, messages } = await rawSocket()
  send({ type: 'connection_init', payload: { 'apollographql-client-name': 'till' } })
  await vi.waitFor(() => expect(messages).toHaveLength(1))
  // n.b. a token that is not known takes a request for its key
  const headers = { authorization: `Bearer ${await tokens.customer('ada')}` }
  const extensions = { headers, [traceHeader]: traceparent }
  send({ id: '1', type: 'subscribe', payload: { query: everyone, extensions } })
  send({ id: '1', type: 'complete' })
  await vi.waitFor(() => expect(spans.map(span => span.traceId)).toEqual([traceId]))
  expect(spans[0]?.attributes).toContainEqual({ key: 'supergraph.client_gone', value: { boolValue: true } })
  expect(spans[0]?.attributes).toContainEqual({
    key: 'supergraph.client.name',
    value: { stringValue: 'till' },
  })
})

it('records the operation, its plan and its fetches as spans, with no value of a variable in them', async () => {
  const { post, traces } = await startWithTraces()
  const { spans } = collectSpans()
  const query = 'query Who { whoAsksUsers whoAsksProducts }'
  const client = { 'apollographql-client-name': 'n'.repeat(61), 'apollographql-client-version': '1.2' }
  await post(query, { [traceHeader]: traceparent, authorization: 'Bearer canary-token' })
  await post(query, { ...client, [traceHeader]: traceparent })
  await vi.waitFor(() => expect(spans.filter(({ name }) => name === 'query')).toHaveLength(1), 3_000)
  const named = (name: string) => spans.filter(span => span.name === name)
  const [root] = named('query')
  expect(root).toMatchObject({ traceId, parentSpanId: '00f067aa0ba902b7', kind: 2 })
  expect(root?.attributes).toContainEqual({ key: 'graphql.operation.name', value: { stringValue: 'Who' } })
  const version = { key: 'supergraph.client.version', value: { stringValue: '1.2' } }
  expect(root?.attributes.filter(({ key }) => key.startsWith('supergraph.client'))).toEqual([version])
  expect(named('plan')).toMatchObject([{ parentSpanId: root?.spanId }])
  const told = root?.attributes.find(({ key }) => key === 'supergraph.plan.text')?.value.stringValue ?? '{}'
  expect(JSON.parse(told)).toMatchObject({
    fields: ['Query.whoAsksUsers', 'Query.whoAsksProducts'],
    steps: {
      kind: 'parallel',
      nodes: [
        { kind: 'fetch', number: 0, subgraph: 'users', path: [] },
        {
          kind: 'fetch',
          number: 1,
          subgraph: 'products',
          operation: 'query Who__products__1{whoAsksProducts}',
        },
      ],
    },
  })
  const fetches = [...named('fetch users'), ...named('fetch products')]
  expect(fetches.map(({ parentSpanId }) => parentSpanId)).toEqual([root?.spanId, root?.spanId])
  expect(fetches.flatMap(({ attributes }) => attributes)).toEqual(
    expect.arrayContaining(
      ['0', '1'].map(number => ({ key: 'supergraph.fetch.numbers', value: { stringValue: number } })),
    ),
  )
  expect(traces().toSorted()).toEqual(fetches.map(({ spanId }) => `00-${traceId}-${spanId}-01`).toSorted())
  expect(JSON.stringify(spans)).not.toContain('canary')
})
