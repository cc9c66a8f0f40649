import { expect, it, vi } from 'vitest'
import { createBrowser, login, startShop } from './sessions.fixture.ts'

const page = '{ page }'

const start = async (options?: { readonly hasLocks: boolean }) => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url, options)
  const tab = browser.openTab()
  await tab.login(login('ada'))
  return { shop, browser, tab }
}
const stored = (items: ReadonlyMap<string, string>) => JSON.parse(items.get('session') ?? 'null')

it.each([1, 2])('keeps the session when the answer to a refresh is lost %i times', async count => {
  const { shop, tab } = await start()
  shop.expire()
  shop.lose(count, /refreshSession/)
  expect((await tab.mutate(page)).data).toEqual({ me: 'ada' })
  expect(new Set(shop.refreshes).size).toBe(1)
  expect(shop.refreshes).toHaveLength(count + 1)
})

it('repeats a refresh after its tab was killed and opened again', async () => {
  const { shop, browser, tab } = await start()
  shop.expire()
  shop.lose(3, /refreshSession/)
  await expect(tab.mutate(page)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  await tab.close()
  expect((await browser.openTab().query(page)).data).toEqual({ me: 'ada' })
  expect(new Set(shop.refreshes).size).toBe(1)
})

it('gives all tabs the same next session, also if all of them refresh at once', async () => {
  const { shop, browser } = await start()
  // n.b. stores without a lock stand for locks that do not hold, as after a tab was frozen
  const tabs = Array.from({ length: 8 }, () => {
    const get = () => stored(browser.items) ?? undefined
    const set = (value: unknown) => void browser.items.set('session', JSON.stringify(value))
    return browser.openTab({ sessionStore: { get, set }, url: `${shop.gateway.url}?${Math.random()}` })
  })
  await Promise.all(tabs.map(tab => tab.user()))
  for (let round = 0; round < 3; round += 1) {
    shop.expire()
    const answers = await Promise.all(tabs.map(tab => tab.query(page)))
    expect(answers.map(({ data }) => data)).toEqual(Array(8).fill({ me: 'ada' }))
  }
  expect(shop.refreshes.length).toBeGreaterThan(3)
  expect(new Set(shop.refreshes).size).toBe(3)
})

it('refreshes once for all tabs on pages without navigator.locks', async () => {
  const { shop, browser } = await start({ hasLocks: false })
  const tabs = Array.from({ length: 8 }, () => browser.openTab())
  await Promise.all(tabs.map(tab => tab.user()))
  shop.expire()
  const answers = await Promise.all(tabs.map(tab => tab.query(page)))
  expect(answers.map(({ data }) => data)).toEqual(Array(8).fill({ me: 'ada' }))
  expect(shop.refreshes).toHaveLength(1)
  expect([...browser.items.keys()]).toEqual(['session'])
})

it.each([
  ['a service that is away', { data: { refreshSession: null }, errors: [{ message: 'away' }] }],
  ['an error', { errors: [{ message: 'away', extensions: { code: 'SERVICE_UNAVAILABLE' } }] }],
  ['a proxy', { proxy: 'is out of order' }],
  ['a throttle', { data: { refreshSession: { __typename: 'TooManyAttempts', message: 'Wait.' } } }],
])('takes %s for no end of the session', async (_, answer) => {
  const { shop, tab } = await start()
  shop.failRefreshes(answer)
  shop.expire()
  await expect(tab.query(page)).rejects.toMatchObject({ name: 'ShopError' })
  expect(await tab.user()).toMatchObject({ id: 'ada' })
  shop.failRefreshes(undefined)
  expect((await tab.query(page)).data).toEqual({ me: 'ada' })
})

it('ends the session, here and in the other tabs, when its refresh token is refused', async () => {
  const { shop, browser, tab } = await start()
  const other = browser.openTab()
  await other.user()
  shop.endAll()
  await expect(tab.query(page)).rejects.toMatchObject({ code: 'SIGNED_OUT' })
  await expect(other.query(page)).rejects.toMatchObject({ code: 'SIGNED_OUT' })
  expect(browser.items.size).toBe(0)
})

it('stores a key before it refreshes a session that an earlier version stored', async () => {
  const { shop, browser, tab } = await start()
  const { refreshKey, ...earlier } = stored(browser.items)
  expect(refreshKey).toMatch(/^[0-9a-f]{32}$/)
  browser.items.set('session', JSON.stringify(earlier))
  shop.expire()
  shop.lose(3, /refreshSession/)
  await expect(tab.mutate(page)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect(stored(browser.items).refreshKey).toMatch(/^[0-9a-f]{32}$/)
  expect((await browser.openTab().query(page)).data).toEqual({ me: 'ada' })
})

it('takes another key for each refresh token', async () => {
  const { shop, browser, tab } = await start()
  const keys = new Set([stored(browser.items).refreshKey])
  for (let round = 0; round < 3; round += 1) {
    shop.expire()
    await tab.query(page)
    keys.add(stored(browser.items).refreshKey)
  }
  expect(keys.size).toBe(4)
})

it('does not repeat a refresh when another tab has stored its answer', async () => {
  const { shop, browser, tab } = await start()
  shop.expire()
  const release = shop.hold(/refreshSession/)
  shop.lose(1, /refreshSession/)
  const query = tab.query(page)
  await shop.arrival(/refreshSession/)
  const next = { ...stored(browser.items), accessToken: 'access of another tab', refreshToken: 'another' }
  browser.items.set('session', JSON.stringify(next))
  release()
  await query.catch(() => undefined)
  expect(shop.refreshes).toHaveLength(1)
})

it('works on pages that did not come over https, which have no crypto.randomUUID', async () => {
  vi.stubGlobal('crypto', {
    getRandomValues: <Values extends ArrayBufferView>(values: Values): Values => {
      new Uint8Array(values.buffer).fill(7)
      return values
    },
  })
  const { shop, tab } = await start({ hasLocks: false })
  shop.expire()
  expect((await tab.query(page)).data).toEqual({ me: 'ada' })
})

it('uses a token that is still good while the shop can not renew it', async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  const tab = browser.openTab({ renewBeforeMs: 599_999 })
  await tab.login(login('ada'))
  shop.failRefreshes({ proxy: 'is out of order' })
  expect((await tab.query(page)).data).toEqual({ me: 'ada' })
})
