import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { Fault, HeldFault } from '../faults/fault.ts'
import { followFaults } from '../faults/follow.ts'
import { allowFaults, faultSwitch } from '../faults/switch.ts'
import { sendJson, startHttp } from '../http.ts'

const held = (wanted: Fault, seconds = 600): HeldFault => ({
  ...wanted,
  reason: 'to see what happens',
  endsAt: new Date(Date.now() + seconds * 1_000).toISOString(),
})

/** A server of `orders` in a process that has the switch; `ask` tells the status, and how long it took. */
const startService = async () => {
  const faults = allowFaults('test')
  if (faults === undefined) throw new Error('there is no switch')
  onTestFinished(faults.stop)
  const { port, stop } = await startHttp((_, response) => sendJson(response, 200, {}), {
    host: '127.0.0.1',
    port: 0,
    service: 'orders',
  })
  onTestFinished(stop)
  const ask = async () => {
    const begunMs = performance.now()
    const { status } = await fetch(`http://127.0.0.1:${port}`)
    return { status, tookMs: performance.now() - begunMs }
  }
  return { faults, port, ask }
}

it('lets requests wait, and answers a share of them with 500', async () => {
  const { faults, ask } = await startService()
  faults.hold(held({ kind: 'latency', on: 'orders', ms: 200 }))
  const { status, tookMs } = await ask()
  expect(status).toBe(200)
  expect(tookMs).toBeGreaterThanOrEqual(199)
  faults.replace([held({ kind: 'errors', on: 'orders', percent: 100 })])
  expect((await ask()).status).toBe(500)
  faults.replace([held({ kind: 'errors', on: 'products', percent: 100 })])
  expect((await ask()).status).toBe(200)
})

it('cuts the connections of a service that is away, those that are open too, until it is back', async () => {
  const { faults, port, ask } = await startService()
  const open = connect(port, '127.0.0.1').on('error', () => {})
  onTestFinished(() => void open.destroy())
  await once(open, 'connect')
  await ask()
  faults.hold(held({ kind: 'outage', on: 'orders' }))
  await once(open, 'close')
  await expect(ask()).rejects.toThrow('fetch failed')
  faults.end({ kind: 'outage', on: 'orders' })
  expect((await ask()).status).toBe(200)
})

/** A console that knows these faults, and hears who asks it for them. */
const startConsole = async (faults: readonly HeldFault[]) => {
  const asked: string[] = []
  const { port, stop } = await startHttp(
    ({ url = '' }, response) => {
      asked.push(url)
      sendJson(response, 200, { held: faults, version: 7 })
    },
    { host: '127.0.0.1', port: 0 },
  )
  onTestFinished(stop)
  return { asked, stop, url: `http://127.0.0.1:${port}` }
}

it('takes the faults of a console while that answers, and tells it which ones it knows', async () => {
  const console = await startConsole([held({ kind: 'outage', on: 'orders' })])
  const { stop } = await followFaults('orders', { NODE_ENV: 'development', CONSOLE_URL: console.url })
  onTestFinished(stop)
  const now = () => faultSwitch()?.at('orders').now
  await expect.poll(now).toMatchObject({ isAway: true })
  await expect.poll(() => console.asked.at(-1), { timeout: 10_000 }).toMatch(/service=orders&.*knows=7$/)
  await console.stop()
  await expect.poll(now, { timeout: 10_000 }).toBeUndefined()
})

it('asks no console in production, nor without an address of one', async () => {
  const { url, asked } = await startConsole([])
  for (const settings of [
    { NODE_ENV: 'production', CONSOLE_URL: url },
    { NODE_ENV: 'development', CONSOLE_URL: undefined },
  ] as const) {
    const { stop } = await followFaults('orders', settings)
    expect(faultSwitch()).toBeUndefined()
    await stop()
  }
  expect(asked).toEqual([])
})
