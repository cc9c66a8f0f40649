import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readDeadline, remainingMs, timeoutHeader, within } from './deadline.ts'

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
  ])('is never if the caller tells none: %s', value => {
    expect(readDeadline(request(value))).toBe(Infinity)
  })

  it('is 0 away once it has passed', () => {
    expect(remainingMs(Date.now() - 1)).toBe(0)
  })

  it('can be waited for by a timer, however far away it is', () => {
    expect(remainingMs(Number.POSITIVE_INFINITY)).toBe(2_147_483_647)
  })
})

describe('waiting for work', () => {
  const never = new Promise<string>(() => {})

  it('gives the outcome of work that ends in time', async () => {
    expect(await within(10_000, Promise.resolve('done'), () => 'late')).toBe('done')
    const failing = within(10_000, Promise.reject(new Error('failed')), () => 'late')
    await expect(failing).rejects.toThrow('failed')
  })

  it('gives the late outcome if work takes too long', async () => {
    expect(await within(10, never, () => undefined)).toBeUndefined()
    const late = () => {
      throw new Error('too late')
    }
    await expect(within(10, never, late)).rejects.toThrow('too late')
  })

  it('lets work fail after the wait is over', async () => {
    const { promise: work, reject } = Promise.withResolvers<string>()
    expect(await within(10, work, () => 'late')).toBe('late')
    reject(new Error('nobody hears of it'))
    await new Promise(resolve => setTimeout(resolve))
  })
})
