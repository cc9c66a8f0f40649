import { expect, it, onTestFinished, vi } from 'vitest'
import type { Cursor } from './position.ts'
import { createBrowser, login, startShop } from './sessions.fixture.ts'
import { createShopClient } from './shop-client.ts'
import { startTestGateway } from './testing.ts'
import type { WatchState } from './watch.ts'

type TickData = { readonly tick: { readonly number: number } }

const soon = { timeout: 60_000, interval: 5 }

/** A watch of numbers from the beginning, over a network that may let no WebSocket through. */
const start = async ({ socketsPass = false } = {}) => {
  const gateway = await startTestGateway()
  if (!socketsPass) gateway.refuseSockets()
  const shop = createShopClient({ url: gateway.url })
  onTestFinished(async () => {
    await shop.close()
    await gateway.stop()
  })
  const watchTicks = () => {
    const numbers: number[] = []
    const states: WatchState[] = []
    const ends: unknown[] = []
    const watch = shop.watch<TickData>({
      document: 'subscription ($after: Int) { tick(after: $after) { number } }',
      cursorVariable: 'after',
      cursorOf: ({ tick }): Cursor => tick.number,
      variables: { after: 0 },
      onState: state => states.push(state),
    })
    watch.subscribe(
      ({ data }) => void numbers.push(data.tick.number),
      error => ends.push(error),
    )
    return { watch, numbers, states, ends }
  }
  return { gateway, shop, watchTicks }
}

it('subscribes by server-sent events where no WebSocket opens, and misses nothing over cut connections', async () => {
  const { gateway, watchTicks } = await start()
  const { numbers, states } = watchTicks()
  await vi.waitFor(() => expect(gateway.streams()).toBe(1), soon)
  for (let round = 1; round <= 5; round += 1) {
    gateway.tick()
    await vi.waitFor(() => expect(numbers).toHaveLength(2 * round - 1), soon)
    gateway.cut()
    gateway.tick()
    await vi.waitFor(() => expect(numbers).toHaveLength(2 * round), soon)
  }
  expect(numbers).toEqual(Array.from({ length: 10 }, (_, index) => index + 1))
  expect(states.filter(state => state === 'live')).toHaveLength(6)
})

it('takes the way that was found for the next watches too, each on its own', async () => {
  const { gateway, watchTicks } = await start()
  const first = watchTicks()
  await vi.waitFor(() => expect(gateway.streams()).toBe(1), soon)
  const second = watchTicks()
  await vi.waitFor(() => expect(gateway.streams()).toBe(2), soon)
  first.watch.stop()
  await vi.waitFor(() => expect(gateway.streams()).toBe(1), soon)
  gateway.tick()
  await vi.waitFor(() => expect(second.numbers).toEqual([1]), soon)
  expect([first.numbers, first.ends]).toEqual([[], [undefined]])
})

it('resumes with its cursor after an error that passes, and ends with one that does not', async () => {
  const { gateway, watchTicks } = await start()
  const { numbers, ends } = watchTicks()
  await vi.waitFor(() => expect(gateway.streams()).toBe(1), soon)
  gateway.tick()
  await vi.waitFor(() => expect(numbers).toEqual([1]), soon)
  gateway.failStreams('SLOW_CONSUMER')
  await vi.waitFor(
    () => expect(gateway.messages('stream').at(-1)?.payload).toMatchObject({ variables: { after: 1 } }),
    soon,
  )
  await vi.waitFor(() => expect(gateway.streams()).toBe(1), soon)
  gateway.tick()
  await vi.waitFor(() => expect(numbers).toEqual([1, 2]), soon)
  gateway.failStreams('NOT_FOUND')
  await vi.waitFor(() => expect(ends).toMatchObject([{ code: 'NOT_FOUND' }]), soon)
})

/** Ada, who watches over a network without WebSockets. */
const startAda = async () => {
  const { gateway } = await startShop()
  gateway.refuseSockets()
  const tab = createBrowser(gateway.url).openTab()
  await tab.login(login('ada'))
  const ends: unknown[] = []
  tab.watch<TickData>({ document: 'subscription { tick { number } }' }).subscribe(
    () => undefined,
    error => ends.push(error),
  )
  await vi.waitFor(() => expect(gateway.streams()).toBe(1), soon)
  const bearers = () => gateway.messages('stream').map(({ payload }) => String(payload?.authorization))
  return { gateway, tab, ends, bearers }
}

it('signs in as its user, and with another token after one was refused', async () => {
  const { gateway, bearers, ends } = await startAda()
  gateway.failStreams('UNAUTHENTICATED')
  await vi.waitFor(() => expect(bearers()).toHaveLength(2), soon)
  const [first, second] = bearers()
  expect([first, second]).toEqual([
    expect.stringMatching(/^Bearer access-ada-/),
    expect.stringMatching(/^Bearer access-ada-/),
  ])
  expect(second).not.toBe(first)
  expect(ends).toEqual([])
})

it('ends the stream with its user', async () => {
  const { gateway, tab, ends, bearers } = await startAda()
  await tab.login(login('bob'))
  await vi.waitFor(() => expect(ends).toMatchObject([{ code: 'USER_CHANGED' }]), soon)
  await vi.waitFor(() => expect(gateway.streams()).toBe(0), soon)
  expect(bearers()).toHaveLength(1)
})

it('stays with the WebSocket where one has opened', async () => {
  const { gateway, watchTicks } = await start({ socketsPass: true })
  const { numbers } = watchTicks()
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1), soon)
  for (let round = 1; round <= 4; round += 1) {
    gateway.cut()
    gateway.tick()
    await vi.waitFor(() => expect(numbers).toHaveLength(round), soon)
  }
  expect(gateway.messages('stream')).toEqual([])
})
