import { expect, it } from 'vitest'
import { createScale, isFound, rowsOf, ticksOf } from '../pages/timeline.ts'
import { createRequest, createSpan } from './example-traces.ts'

it('puts each parent before its children, and leaves out what is collapsed', () => {
  const spans = createRequest('Me').toSorted((a, b) => a.startUs - b.startUs)
  const rows = rowsOf(spans)
  expect(rows.map(({ span, depth, below }) => [span.name, depth, below])).toEqual([
    ['query', 0, 3],
    ['fetch orders', 1, 2],
    ['query', 2, 1],
    ['SELECT orders', 3, 0],
  ])
  const call = rows[1]?.span.spanId ?? ''
  const collapsed = rowsOf(spans, new Set([call]))
  expect(collapsed.map(({ span, below }) => [span.name, below])).toEqual([
    ['query', 3],
    ['fetch orders', 2],
  ])
})

it('shows spans whose parents have not come, and is not caught by a circle', () => {
  const orphan = createSpan({ parentSpanId: 'f'.repeat(16) })
  const self = createSpan({ spanId: 'a'.repeat(16), parentSpanId: 'a'.repeat(16) })
  expect(rowsOf([orphan, self]).map(({ span }) => span.spanId)).toEqual([orphan.spanId])
})

it('makes each long gap in which nothing happens narrow, and keeps the order of time', () => {
  const early = createSpan({ startUs: 1_000_000_000, durationUs: 10_000 })
  const late = createSpan({ startUs: 1_060_000_000, durationUs: 10_000 })
  const hidden = createScale([early, late], true)
  expect(hidden.gaps).toHaveLength(1)
  expect(hidden.shownUs).toBe(20_000)
  const middle = hidden.positionOf(1_030_000_000)
  expect(middle).toBeCloseTo(0.5)
  expect(hidden.positionOf(early.startUs + 10_000)).toBeLessThan(middle)
  expect(hidden.positionOf(late.startUs)).toBeGreaterThan(middle)
  const whole = createScale([early, late], false)
  expect(whole.gaps).toEqual([])
  expect(whole.positionOf(late.startUs)).toBeGreaterThan(0.99)
})

it('rules a trace in round times, and leaves room for the labels and for what a gap says', () => {
  const early = createSpan({ startUs: 1_000_000_000, durationUs: 49_400 })
  expect(ticksOf(createScale([early], true))).toEqual([0, 10_000, 20_000, 30_000, 40_000])
  const late = createSpan({ startUs: 1_060_000_000, durationUs: 50_600 })
  expect(ticksOf(createScale([early, late], true))).toEqual([0, 20_000])
})

it('finds a text in names, attributes and log lines', () => {
  const span = createSpan({
    name: 'SELECT orders',
    attributes: { 'user.id': 'Ada' },
    events: [{ name: 'log', atUs: 1, attributes: { 'log.message': 'a step failed' } }],
  })
  for (const text of ['select', 'user.id=ada', 'STEP FAILED']) expect(isFound(span, text)).toBe(true)
  expect(isFound(span, 'nowhere')).toBe(false)
})
