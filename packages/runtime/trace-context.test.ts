import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { currentTraceparent, isTraceparent, runInTrace } from './trace-context.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`

it('goes on with the trace that it is given, in a span of its own', () => {
  const current = runInTrace(traceparent, currentTraceparent)
  expect(current).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
  expect(current).not.toBe(traceparent)
})

it('keeps the flags, and reads what a later version has appended', () => {
  expect(runInTrace(`00-${traceId}-00f067aa0ba902b7-00`, currentTraceparent)).toMatch(/-00$/)
  expect(runInTrace(`cc-${traceId}-00f067aa0ba902b7-01-what`, currentTraceparent)).toContain(`00-${traceId}`)
})

it.each([
  undefined,
  '',
  'nonsense',
  `ff-${traceId}-00f067aa0ba902b7-01`,
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${traceId}-00f067aa0ba902b7-01-what`,
  `00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`,
  ['a', 'b'],
])('begins a trace of its own where it is given %j', given => {
  expect(isTraceparent(given)).toBe(false)
  const current = runInTrace(given, currentTraceparent)
  expect(isTraceparent(current)).toBe(true)
  expect(current).not.toContain(traceId)
})

it('holds in everything that the task starts, keeps tasks apart, and ends with them', async () => {
  const later = async () => {
    await setImmediate()
    return currentTraceparent()
  }
  const [first, second] = await Promise.all([runInTrace(undefined, later), runInTrace(undefined, later)])
  expect(isTraceparent(first)).toBe(true)
  expect(isTraceparent(second)).toBe(true)
  expect(first).not.toBe(second)
  expect(currentTraceparent()).toBeUndefined()
})
