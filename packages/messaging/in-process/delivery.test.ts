import { expect, it } from 'vitest'
import { afterAttempt } from './delivery.ts'

const now = new Date('2026-01-31T12:00:00Z')
const earlier = new Date('2026-01-31T11:00:00Z')
const options = { queue: 'shop.on-order-placed', retryDelaysMs: [100, 200], now }
const untried = { kind: 'pending', attempts: 0, notBeforeMs: 0, firstFailedAt: undefined } as const
const error = new Error('no')

it('is handled once it is acknowledged', () => {
  expect(afterAttempt(untried, { kind: 'ack' }, options)).toEqual({ kind: 'acked' })
})

it('waits longer after each failed attempt, and remembers the first failure', () => {
  const first = { kind: 'pending', attempts: 1, notBeforeMs: now.getTime() + 100, firstFailedAt: now }
  expect(afterAttempt(untried, { kind: 'retry', error }, options)).toEqual(first)
  const second = { kind: 'pending', attempts: 2, notBeforeMs: now.getTime() + 200, firstFailedAt: earlier }
  const before = { ...untried, attempts: 1, firstFailedAt: earlier }
  expect(afterAttempt(before, { kind: 'retry', error }, options)).toEqual(second)
})

it('does not count an attempt that could not even be made', () => {
  const before = { ...untried, attempts: 1, firstFailedAt: earlier }
  const postponed = { ...before, notBeforeMs: now.getTime() + 200 }
  expect(afterAttempt(before, { kind: 'postpone', error }, options)).toEqual(postponed)
})

it('is given up after the last pause, or at once if its consumer says so', () => {
  const given = { queue: options.queue, error: 'no', lastFailedAt: now }
  expect(
    afterAttempt({ ...untried, attempts: 2, firstFailedAt: earlier }, { kind: 'retry', error }, options),
  ).toEqual({ kind: 'givenUp', givenUp: { ...given, attempts: 3, firstFailedAt: earlier } })
  expect(afterAttempt(untried, { kind: 'deadLetter', error }, options)).toEqual({
    kind: 'givenUp',
    givenUp: { ...given, attempts: 1, firstFailedAt: now },
  })
})
