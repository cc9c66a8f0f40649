import type { FetchNode } from '@apollo/query-planner'
import { addSpanSink } from '@supergraph/telemetry/sink.ts'
import { startTrace } from '@supergraph/telemetry/spans.ts'
import { buildSchema, OperationTypeNode, parse } from 'graphql'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createPlanTelling } from './plan-telling.ts'

const fetch: FetchNode = {
  kind: 'Fetch',
  serviceName: 'users',
  operation: '{ a }',
  operationName: undefined,
  operationKind: OperationTypeNode.QUERY,
}
const root = { name: 'query', kind: 'server', service: 'gateway' } as const

/** Says of a span that begins now whether the plan is told with it. */
const setUp = (flags: '00' | '01') => {
  onTestFinished(addSpanSink(() => {}).stop)
  const tell = createPlanTelling({
    steps: fetch,
    numbers: new Map([[fetch, 0]]),
    events: undefined,
    document: parse('{ a }'),
    schema: buildSchema('type Query { a: Int }'),
    keys: { toClient: path => path },
  })
  const traceparent = `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`
  return () => {
    const span = startTrace(traceparent, root)
    if (span === undefined) throw new Error('spans are recorded')
    const text = Buffer.from(tell(span).bytes).toString()
    expect(text).toContain('supergraph.plan.id')
    return text.includes('supergraph.plan.text')
  }
}

it('tells the plan once a minute, and its id each time', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const isTold = setUp('01')
  expect([isTold(), isTold()]).toEqual([true, false])
  vi.advanceTimersByTime(60_000)
  expect([isTold(), isTold()]).toEqual([true, false])
})

it('tells it with each trace that is kept only if it fails', () => {
  const isTold = setUp('00')
  expect([isTold(), isTold()]).toEqual([true, true])
})
