import { expect, it, vi } from 'vitest'
import type { Session } from './session.ts'
import { createBrowser, login, startShop } from './sessions.fixture.ts'
import { createMemoryStore, type Store } from './store.ts'

const page = '{ page }'

it('fails with the error of a store that can not be read, and sends nothing', async () => {
  const shop = await startShop()
  const sessionStore = { get: () => Promise.reject(new Error('The database is gone.')), set: () => {} }
  const tab = createBrowser(shop.gateway.url).openTab({ sessionStore })
  for (const operation of [tab.query(page), tab.mutate(page), tab.user(), tab.logout()])
    await expect(operation).rejects.toThrow('The database is gone.')
  expect(shop.done).toEqual([])
})

it('takes what another program stored under its key for nobody', async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  for (const stored of ['{}', '7', '"text"', '[]', 'null', '{"user":null}', 'no JSON', '']) {
    browser.items.set('session', stored)
    expect(await browser.openTab().user()).toBeUndefined()
  }
})

it('signs in and works where the storage is full or denied', async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  const refuse = () => {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
  }
  const full = { ...browser.storage, setItem: refuse }
  const denied = { getItem: refuse, setItem: refuse, removeItem: refuse }
  for (const tabStorage of [full, denied, refuse]) {
    const tab = browser.openTab({ tabStorage })
    await tab.login(login('ada'))
    expect((await tab.query(page)).data).toEqual({ me: 'ada' })
    shop.expire()
    expect((await tab.query(page)).data).toEqual({ me: 'ada' })
    expect(await tab.user()).toMatchObject({ id: 'ada' })
    await tab.logout()
    expect(await tab.user()).toBeUndefined()
  }
  expect(new Set(shop.refreshes).size).toBe(shop.refreshes.length)
})

it('never takes up an old session again when the storage becomes full', async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  const here = browser.openTab()
  await here.login(login('ada'))
  const full = vi.spyOn(browser.items, 'set').mockImplementation(() => {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
  })
  for (let round = 0; round < 3; round += 1) {
    shop.expire()
    expect((await here.query(page)).data).toEqual({ me: 'ada' })
  }
  expect(browser.items.size).toBe(0)
  full.mockRestore()
  shop.expire()
  expect((await here.query(page)).data).toEqual({ me: 'ada' })
  expect(JSON.parse(browser.items.get('session') ?? '')).toMatchObject({ user: { id: 'ada' } })
})

it('does not go back to what a slow store still holds', async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  const kept = createMemoryStore<Session>()
  const aWhile = () => new Promise<void>(resolve => setTimeout(resolve, Math.random() * 20))
  const sessionStore: Store<Session> = {
    get: async () => {
      await aWhile()
      const value = await kept.get()
      await aWhile()
      return value
    },
    set: async value => {
      await aWhile()
      await kept.set(value)
    },
  }
  const onUserChanged = vi.fn()
  const tab = browser.openTab({ onUserChanged, sessionStore })
  const asking = Array.from({ length: 20 }, () => tab.query(page).catch(() => undefined))
  for (const name of ['ada', 'bob', 'eve']) {
    await Promise.all([
      tab.login(login(name)),
      tab.user(),
      tab.user(),
      tab.query(page).catch(() => undefined),
    ])
    expect(await tab.user()).toMatchObject({ id: name })
  }
  await Promise.all(asking)
  expect(onUserChanged.mock.calls.map(([user]) => user.id)).toEqual(['ada', 'bob', 'eve'])
})
