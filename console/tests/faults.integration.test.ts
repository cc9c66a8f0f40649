import { allowFaults, faultSwitch } from '@supergraph/runtime/faults/switch.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { readSystemMap } from '../read-system-map.ts'
import { openConsole } from './console-under-test.ts'

const key = 'a key of more than 16 characters'
const reason = 'to see what the shop does'

/** A console in a process where faults are allowed, as in development, with some services beside it. */
const openWithSwitch = async () => {
  const faults = allowFaults('test')
  if (faults === undefined) throw new Error('there is no switch')
  onTestFinished(faults.stop)
  for (const service of ['orders', 'broker']) faults.at(service)
  const console = await openConsole()
  const act = async (path: string, body: object) => {
    const response = await console.post(path, body)
    return [response.status, await response.json()]
  }
  const reachOf = async (on: string) => {
    const { parts } = (await console.read('/faults')).data
    return parts.find((part: { readonly on: string }) => part.on === on)?.reach
  }
  return { faults, console, act, reachOf }
}

it('begins a fault for a time, ends it, and writes both to the audit log with their reasons', async () => {
  const { faults, console, act } = await openWithSwitch()
  expect(await act('/faults/orders/latency', { reason, ms: 300 })).toEqual([
    200,
    { outcome: 'For 60 s, each request waits for 300 ms.' },
  ])
  expect(faults.at('orders').now).toMatchObject({ latencyMs: 300 })
  expect((await console.read('/faults')).data.faults).toMatchObject([
    { on: 'orders', kind: 'latency', title: 'orders', effect: 'each request waits for 300 ms', reason },
  ])
  expect((await console.read('/map')).data.faults).toEqual([
    { partId: 'orders', mark: '+300 ms', effect: 'each request waits for 300 ms' },
  ])
  expect(await act('/faults/orders/latency/end', { reason: 'seen' })).toEqual([200, { outcome: 'Ended.' }])
  expect(await act('/faults/orders/latency/end', { reason: 'seen' })).toEqual([
    200,
    { outcome: 'It had ended already.' },
  ])
  expect(faults.at('orders').now).toBeUndefined()
  const { acts } = (await console.read('/audit')).data
  expect(acts).toMatchObject([
    { act: 'end the fault', about: 'latency of orders', reason: 'seen' },
    { act: 'end the fault', about: 'latency of orders', reason: 'seen' },
    { act: 'begin the fault', about: 'latency of orders', reason, details: { ms: 300, seconds: 60 } },
  ])
})

it('ends a fault by itself', async () => {
  const { faults, console, act } = await openWithSwitch()
  await act('/faults/broker/outage', { reason, seconds: 1 })
  expect(faults.at('broker').now).toMatchObject({ isAway: true })
  expect((await console.read('/map')).data.faults).toMatchObject([{ partId: 'exchange', mark: 'away' }])
  await expect.poll(() => faults.at('broker').now, { timeout: 10_000 }).toBeUndefined()
  expect((await console.read('/map')).data.faults).toEqual([])
})

it('begins nothing without a reason, for too long, of an unknown size, or at what has no such fault', async () => {
  const { faults, act } = await openWithSwitch()
  for (const [status, path, body] of [
    [400, '/faults/orders/outage', {}],
    [400, '/faults/orders/outage', { reason: ' ' }],
    [400, '/faults/orders/outage', { reason, seconds: 601 }],
    [400, '/faults/orders/latency', { reason }],
    [400, '/faults/orders/errors', { reason, percent: 101 }],
    [404, '/faults/broker/latency', { reason, ms: 1 }],
    [404, '/faults/products/double-delivery', { reason }],
    [404, '/faults/console/outage', { reason }],
    [404, '/faults/nobody/outage', { reason }],
  ] as const)
    expect([path, body, (await act(path, body))[0]]).toEqual([path, body, status])
  expect(faults.held()).toEqual([])
})

it('knows every service that the map has of the table, and the broker', async () => {
  const { console } = await openWithSwitch()
  const { parts } = (await console.read('/faults')).data
  const names = parts.map(({ on }: { readonly on: string }) => on)
  expect(names).toEqual([...readSystemMap().services, 'broker'])
  expect(names).toEqual(expect.arrayContaining(['users', 'gateway', 'payment-simulator', 'registry']))
})

it('tells which services take its faults, in this process and in others, and whether they know the latest', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const { console, act, reachOf } = await openWithSwitch()
  const ask = (knows: unknown) => console.read(`/faults?service=users&process=1&knows=${knows}`)
  expect(await Promise.all(['orders', 'users', 'broker'].map(reachOf))).toEqual(['whole', 'none', 'whole'])
  const { version } = (await ask('')).data
  expect(await Promise.all(['orders', 'users', 'broker'].map(reachOf))).toEqual(['whole', 'late', 'late'])
  await ask(version)
  expect(await Promise.all(['users', 'broker'].map(reachOf))).toEqual(['whole', 'whole'])
  await act('/faults/users/errors', { reason, percent: 10 })
  expect(await reachOf('users')).toBe('late')
  const { held } = (await ask(version)).data
  expect(held).toMatchObject([{ on: 'users', kind: 'errors', percent: 10, reason }])
  vi.advanceTimersByTime(3_001)
  expect(await reachOf('users')).toBe('none')
})

it('has no faults in production: nothing can be begun, whoever asks', async () => {
  allowFaults('production')
  const console = await openConsole({ NODE_ENV: 'production', CONSOLE_KEY: key })
  const headers = { accept: 'application/json', authorization: `Basic ${btoa(`:${key}`)}` }
  const response = await fetch(console.at('/faults'), { headers })
  expect(await response.json()).toEqual({ areAllowed: false, faults: [], parts: [], held: [], version: 0 })
  expect((await console.post('/faults/orders/outage', { reason }, headers)).status).toBe(404)
  expect(faultSwitch()).toBeUndefined()
})
