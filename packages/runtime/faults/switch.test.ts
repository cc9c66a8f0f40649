import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { withRequestFaults } from './door.ts'
import type { Fault } from './fault.ts'
import { allowFaults, createFaultSwitch, faultSwitch } from './switch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const holding = (wanted: Fault, seconds: number) => ({
  ...wanted,
  reason: 'to see what happens',
  endsAt: new Date(Date.now() + seconds * 1_000).toISOString(),
})

it('lets each fault hold at its place until its time, and tells of the end', () => {
  const faults = createFaultSwitch()
  const orders = faults.at('orders')
  const heard: number[] = []
  faults.onChange(() => heard.push(faults.held().length))
  faults.hold(holding({ kind: 'latency', on: 'orders', ms: 300 }, 10))
  faults.hold(holding({ kind: 'errors', on: 'orders', percent: 20 }, 5))
  faults.hold(holding({ kind: 'outage', on: 'products' }, 20))
  expect(orders.now).toEqual({ latencyMs: 300, errorPercent: 20, isAway: false, deliversTwice: false })
  expect(faults.at('products').now).toMatchObject({ latencyMs: 0, isAway: true })
  vi.advanceTimersByTime(5_001)
  expect(orders.now).toMatchObject({ latencyMs: 300, errorPercent: 0 })
  vi.advanceTimersByTime(5_000)
  expect(orders.now).toBeUndefined()
  vi.advanceTimersByTime(10_000)
  expect(faults.held()).toEqual([])
  expect(heard).toEqual([1, 2, 3, 2, 1, 0])
})

it('lets a fault take the place of one of its kind, and end before its time', () => {
  const faults = createFaultSwitch()
  faults.hold(holding({ kind: 'latency', on: 'orders', ms: 300 }, 10))
  faults.hold(holding({ kind: 'latency', on: 'orders', ms: 50 }, 10))
  expect(faults.at('orders').now).toMatchObject({ latencyMs: 50 })
  expect(faults.end({ kind: 'latency', on: 'orders' })).toBe(true)
  expect(faults.end({ kind: 'latency', on: 'orders' })).toBe(false)
  expect(faults.at('orders').now).toBeUndefined()
})

it('changes nothing if it is told what it knows', () => {
  const faults = createFaultSwitch()
  const known = holding({ kind: 'outage', on: 'orders' }, 10)
  faults.replace([known])
  const version = faults.version()
  faults.replace([{ ...known }])
  expect(faults.version()).toBe(version)
  faults.replace([])
  expect([faults.version(), faults.held()]).toEqual([version + 1, []])
})

it('is not there in production, where a handler stays as it is', async () => {
  const handle = () => {}
  expect(allowFaults('production')).toBeUndefined()
  expect(faultSwitch()).toBeUndefined()
  expect(withRequestFaults('orders', handle)).toBe(handle)
  const faults = allowFaults('development')
  onTestFinished(async () => void (await faults?.stop()))
  expect(faultSwitch()).toBe(faults)
  expect(withRequestFaults('orders', handle)).not.toBe(handle)
  await faults?.stop()
  expect(faultSwitch()).toBeUndefined()
})
