import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Cursor } from './position.ts'
import { createShopClient, type ShopClientOptions } from './shop-client.ts'
import { ShopError } from './shop-error.ts'
import { createMemoryStore } from './store.ts'
import { startTestGateway } from './testing.ts'
import type { WatchListeners, WatchState } from './watch.ts'

type TickData = { readonly tick: { readonly number: number } }

const ticks = {
  document: 'subscription ($after: Int) { tick(after: $after) { number } }',
  cursorVariable: 'after',
  cursorOf: ({ tick }: TickData): Cursor => tick.number,
}

const start = async (options: Partial<ShopClientOptions> = {}, atEnd = onTestFinished) => {
  const gateway = await startTestGateway()
  const shop = createShopClient({ url: gateway.url, ...options })
  atEnd(async () => {
    await shop.close()
    await gateway.stop()
  })
  return { gateway, shop }
}

const soon = { timeout: 60_000, interval: 5 }

/** A watch from the beginning, and what it has brought. */
const watchTicks = async (
  listeners: WatchListeners = {},
  options?: Partial<ShopClientOptions>,
  atEnd?: typeof onTestFinished,
) => {
  const { gateway, shop } = await start(options, atEnd)
  const numbers: number[] = []
  const states: WatchState[] = []
  const ends: unknown[] = []
  const watch = shop.watch<TickData>({
    ...ticks,
    variables: { after: 0 },
    onState: state => states.push(state),
    ...listeners,
  })
  watch.subscribe(
    ({ data }) => void numbers.push(data.tick.number),
    error => ends.push(error),
  )
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1))
  return { gateway, shop, watch, numbers, states, ends }
}

it.each([1000, 1001, 1013, 4408, 4500])('resumes after a close with %i', async code => {
  const { gateway, numbers } = await watchTicks()
  gateway.tick()
  await vi.waitFor(() => expect(numbers).toEqual([1]))
  gateway.close(code)
  gateway.tick()
  await vi.waitFor(() => expect(numbers).toEqual([1, 2]))
})

it.each(['SLOW_CONSUMER', 'SERVICE_UNAVAILABLE'])('resumes with its cursor after %s', async code => {
  const { gateway, numbers } = await watchTicks()
  gateway.tick()
  await vi.waitFor(() => expect(numbers).toEqual([1]))
  gateway.fail(code)
  gateway.tick()
  await vi.waitFor(() => expect(numbers).toEqual([1, 2]))
  expect(gateway.messages('subscribe').at(-1)?.payload).toMatchObject({ variables: { after: 1 } })
})

it('drops what comes a second time', async () => {
  const { gateway, numbers } = await watchTicks()
  gateway.tick()
  gateway.repeat(1)
  gateway.tick()
  await vi.waitFor(() => expect(numbers).toEqual([1, 2]))
})

it('begins anew from the state, and says so, when its cursor has expired', async () => {
  const onExpired = vi.fn()
  const cursorStore = createMemoryStore<Cursor>(7)
  const { gateway, shop } = await start()
  gateway.refuses({ code: 'CURSOR_EXPIRED' })
  const states: WatchState[] = []
  const watch = shop.watch<TickData>({
    ...ticks,
    cursorStore,
    onExpired,
    onState: state => states.push(state),
  })
  const first = watch.next()
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1))
  expect(gateway.messages('subscribe').map(({ payload }) => payload?.variables)).toEqual([{ after: 7 }, {}])
  expect(onExpired).toHaveBeenCalledOnce()
  gateway.tick()
  expect((await first).value?.data).toEqual({ tick: { number: 1 } })
  expect(states).toEqual(['connecting', 'live', 'expired', 'live'])
})

it('keeps the cursor of an event once it was handled, and begins there the next time', async () => {
  const cursorStore = createMemoryStore<Cursor>()
  const { gateway, shop } = await start()
  const first = shop.watch<TickData>({ ...ticks, variables: { after: 0 }, cursorStore })
  gateway.tick()
  gateway.tick()
  expect((await first.next()).value?.cursor).toBe(1)
  expect(await cursorStore.get()).toBeUndefined()
  expect((await first.next()).value?.cursor).toBe(2)
  expect(await cursorStore.get()).toBe(1)
  await first.return?.()
  const second = shop.watch<TickData>({ ...ticks, variables: { after: 0 }, cursorStore })
  expect((await second.next()).value?.cursor).toBe(2)
})

it('holds at most 1,000 events for a reader that is slow, who still gets all of them', async () => {
  const { gateway, shop } = await start()
  const watch = shop.watch<TickData>({ ...ticks, variables: { after: 0 } })
  const first = watch.next()
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1))
  for (let count = 0; count < 3_500; count += 1) gateway.tick()
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(0))
  const numbers = [(await first).value?.data.tick.number]
  while (numbers.length < 3_500) numbers.push((await watch.next()).value?.data.tick.number)
  expect(numbers).toEqual(Array.from({ length: 3_500 }, (_, index) => index + 1))
  expect(gateway.messages('subscribe').length).toBeGreaterThan(1)
})

it('ends at once when it is stopped, and closes the socket that nobody needs', async () => {
  const { gateway, watch, states, ends } = await watchTicks()
  watch.stop()
  expect(states.at(-1)).toBe('live')
  await vi.waitFor(() => expect(states.at(-1)).toBe('ended'))
  await vi.waitFor(() => expect(gateway.openSockets()).toBe(0))
  expect(ends).toEqual([undefined])
})

it('throws what the gateway refuses, with its code', async () => {
  const { gateway, shop } = await start()
  gateway.refuses({ code: 'NOT_FOUND', message: 'There is no order with this id.' })
  const failed = shop.watchOrder('1').next()
  await expect(failed).rejects.toMatchObject({
    name: 'ShopError',
    code: 'NOT_FOUND',
    message: 'There is no order with this id.',
  })
})

it.each([4400, 4403, 1009])('does not connect again after a close with %i', async code => {
  const { gateway, ends } = await watchTicks()
  gateway.close(code)
  await vi.waitFor(() => expect(ends).toHaveLength(1))
  expect(ends).toMatchObject([{ code: 'SOCKET_REFUSED', closeCode: code } satisfies Partial<ShopError>])
  expect(gateway.messages('connection_init')).toHaveLength(1)
})

it('waits until the shop gives the cursor to begin with', async () => {
  const { gateway, shop } = await start()
  let calls = 0
  const readCursor = async () => {
    calls += 1
    if (calls < 3) throw new ShopError('UNREACHABLE', 'The shop does not answer.')
    return 1
  }
  gateway.tick()
  gateway.tick()
  const first = await shop.watch<TickData>({ ...ticks, readCursor }).next()
  expect([first.value?.cursor, calls]).toEqual([2, 3])
})

it('closes at once while the gateway is away', async () => {
  const { gateway, shop, ends } = await watchTicks()
  await gateway.stop()
  await vi.waitFor(() => expect(gateway.openSockets()).toBe(0))
  const closingAtMs = performance.now()
  await shop.close()
  expect(performance.now() - closingAtMs).toBeLessThan(1_000)
  await vi.waitFor(() => expect(ends).toEqual([undefined]))
})

it('keeps one socket for watches that come and go', async () => {
  const { gateway, shop } = await start()
  for (let count = 0; count < 20; count += 1) {
    const watch = shop.watch<TickData>({ ...ticks, variables: { after: 0 } })
    const next = watch.next()
    await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1))
    watch.stop()
    expect((await next).done).toBe(true)
    await vi.waitFor(() => expect(gateway.subscriptions()).toBe(0))
  }
  expect(gateway.messages('connection_init')).toHaveLength(1)
})

// n.b. these run at the same time, because each waits for pauses to pass
describe.concurrent('over time', { timeout: 240_000 }, () => {
  it('brings every event once and in order over 50 cut connections', async ({ onTestFinished }) => {
    const { gateway, numbers, states } = await watchTicks({}, {}, onTestFinished)
    for (let round = 1; round <= 50; round += 1) {
      gateway.tick()
      await vi.waitFor(() => expect(numbers).toHaveLength(2 * round - 1), soon)
      gateway.cut()
      gateway.tick()
      await vi.waitFor(() => expect(numbers).toHaveLength(2 * round), soon)
    }
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect(states.slice(0, 4)).toEqual(['connecting', 'live', 'resuming', 'live'])
  })

  it('waits for 5 s before it connects again if there are too many sockets', async ({ onTestFinished }) => {
    const { gateway, numbers } = await watchTicks({}, {}, onTestFinished)
    const closedAtMs = performance.now()
    gateway.close(4429)
    gateway.tick()
    await vi.waitFor(() => expect(numbers).toEqual([1]))
    expect(performance.now() - closedAtMs).toBeGreaterThan(4_900)
  })

  it('finds the gateway again after the gateway was away', async ({ onTestFinished }) => {
    const { gateway, numbers, states } = await watchTicks({}, {}, onTestFinished)
    gateway.greets(() => 1013)
    gateway.cut()
    await vi.waitFor(() => expect(gateway.messages('connection_init').length).toBeGreaterThan(3))
    gateway.greets(() => undefined)
    gateway.tick()
    await vi.waitFor(() => expect(numbers).toEqual([1]))
    expect(states.at(-1)).toBe('live')
  })

  it('finds out by itself that the network is gone', async ({ onTestFinished }) => {
    const { gateway, numbers, states } = await watchTicks({}, {}, onTestFinished)
    gateway.freeze()
    gateway.tick()
    await vi.waitFor(() => expect(numbers).toEqual([1]), 30_000)
    expect(states).toEqual(['connecting', 'live', 'resuming', 'live'])
    expect(gateway.messages('ping')).toHaveLength(1)
  })
})
