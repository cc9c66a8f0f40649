import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readDeadline, remainingMs, timeoutHeader } from './deadline.ts'

const request = (value?: string) =>
  Object.assign(new IncomingMessage(new Socket()), {
    headers: value === undefined ? {} : { [timeoutHeader]: value },
  })

describe('the deadline of a request', () => {
  it('is as far away as the caller waits', () => {
    const left = remainingMs(readDeadline(request('2500')))
    expect(left).toBeGreaterThan(2_000)
    expect(left).toBeLessThanOrEqual(2_500)
  })

  it.each([
    undefined,
    '',
    '-1',
    '1e9',
    'soon',
    '99999999999',
  ])('is never where the caller tells none: %s', value => {
    expect(readDeadline(request(value))).toBe(Infinity)
  })

  it('is 0 away once it has passed', () => {
    expect(remainingMs(Date.now() - 1)).toBe(0)
  })
})
