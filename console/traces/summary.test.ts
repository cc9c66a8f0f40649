import { expect, it } from 'vitest'
import { createCheckout, createRequest, createSpan } from '../tests/example-traces.ts'
import { summarize } from './summary.ts'

it('tells of a request what it was, how long it took and what it needed', () => {
  const spans = createCheckout('o-1', 'm-1')
  expect(summarize('t', spans)).toMatchObject({
    spans: spans.length,
    errors: 1,
    calls: 1,
    statements: 1,
    entry: { kind: 'request', name: 'PlaceOrder', service: 'gateway', durationUs: 5_000, isPlanCached: true },
  })
})

it('finds what a trace is about: orders, events and users', () => {
  const { subjects, tags } = summarize('t', createCheckout('o-1', 'm-1'))
  expect(subjects.map(({ kind, id, label }) => [kind, id, label]).toSorted()).toEqual([
    ['event', 'm-1', 'order.confirmed'],
    ['order', 'o-1', ''],
    ['user', 'u-1', ''],
  ])
  expect(tags).toContain('service=orders')
  expect(tags).toContain('graphql.operation.name=PlaceOrder')
  expect(tags.join()).not.toContain('select *')
})

it('knows the operation of a trace that a front end has begun, and takes nothing else for an operation', () => {
  const spans = createRequest('Me', { parentSpanId: 'a'.repeat(16) })
  expect(summarize('t', spans).entry).toMatchObject({ kind: 'request', name: 'Me' })
  expect(summarize('t', spans.slice(0, 3)).entry).toBeUndefined()
  const http = { name: 'query', attributes: { 'http.route': '/graphql' }, parentSpanId: 'a'.repeat(16) }
  expect(summarize('t', [createSpan(http)]).entry).toMatchObject({ kind: 'request' })
  expect(summarize('t', [createSpan({ ...http, service: 'orders' })]).entry).toBeUndefined()
  const loop = createSpan({ name: 'sweep orders', kind: 'internal', service: 'orders' })
  expect(summarize('t', [loop]).entry).toMatchObject({ kind: 'work', name: 'sweep orders' })
})
