import { expect, it } from 'vitest'
import { createCheckout, createSpan } from '../tests/example-traces.ts'
import { eventWayOf } from './event-way.ts'
import { addFlows, durationClassOf, durationOfClass, type Flow, passagesOf } from './flows.ts'
import { sagaOf } from './order-saga.ts'

const spans = createCheckout('o-1', 'm-1').toSorted((a, b) => a.startUs - b.startUs)

it('tells an event’s way in order, with ages and attempts', () => {
  const way = eventWayOf(spans, 'm-1')
  expect(way.map(({ what, attempt, outcome }) => [what, attempt, outcome])).toEqual([
    ['written to the outbox', null, null],
    ['published', null, null],
    ['handled', 1, 'retry'],
    ['handled', 2, 'ack'],
  ])
  expect(way.at(-1)?.ageUs).toBe(1_007_000)
  expect(eventWayOf(spans, 'm-2')).toEqual([])
})

it('tells an order’s saga: steps, compensations, payments and events', () => {
  const saga = sagaOf(spans, 'o-1')
  expect(saga.map(({ kind, title }) => [kind, title])).toEqual([
    ['step', 'RESERVE_STOCK'],
    ['payment', 'POST /v1/payment_intents'],
    ['compensation', 'RETURN_STOCK'],
    ['event', 'order.confirmed'],
  ])
  expect(saga[0]).toMatchObject({ attempt: 1, lease: 7, service: 'orders' })
  expect(sagaOf(spans, 'o-2')).toEqual([])
})

it('counts what passes between the parts of the system, each event once', () => {
  const passages = spans.flatMap(passagesOf).map(({ source, target }) => `${source} → ${target}`)
  expect(passages.toSorted()).toEqual(
    [
      'clients → gateway',
      'gateway → orders',
      'orders → orders-db',
      'orders → payments',
      'orders → exchange',
      ...['exchange → notifications.on-order-changed', 'exchange → notifications.on-order-changed'],
      ...['notifications.on-order-changed → notifications', 'notifications.on-order-changed → notifications'],
    ].toSorted(),
  )
  const flows = new Map<string, Flow>()
  addFlows(flows, spans, 100)
  const failed = [...flows.values()].filter(({ failures }) => failures > 0)
  expect(failed.map(({ target }) => target).toSorted()).toEqual([
    'notifications',
    'notifications.on-order-changed',
  ])
  expect(passagesOf(createSpan({ name: 'plan', kind: 'internal' }))).toEqual([])
})

it('knows a duration from its class to a tenth', () => {
  for (const us of [1, 90, 1_234, 56_000, 7_000_000]) {
    expect(durationOfClass(durationClassOf(us)) / us).toBeGreaterThan(0.9)
    expect(durationOfClass(durationClassOf(us)) / us).toBeLessThan(1.1)
  }
})
