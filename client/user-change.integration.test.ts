import { expect, it, vi } from 'vitest'
import type { Session } from './session.ts'
import { createBrowser, login, startShop } from './sessions.fixture.ts'
import type { ShopClient } from './shop-client.ts'
import { createMemoryStore, type Store } from './store.ts'

const rename = 'mutation { rename }'
const page = '{ page }'
const userChanged = { name: 'ShopError', code: 'USER_CHANGED' }
const signedOut = { name: 'ShopError', code: 'SIGNED_OUT' }

/** Ada in two tabs. */
const start = async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  const onUserChanged = vi.fn()
  const [here, there] = [browser.openTab({ onUserChanged }), browser.openTab()]
  await here.login(login('ada'))
  expect(await there.user()).toMatchObject({ id: 'ada' })
  return { shop, browser, here, there, onUserChanged }
}

const becomesBob = (tab: ShopClient) => tab.login(login('bob'))
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'answered',
    error => error,
  )

const changes = [
  ['somebody else signs in', becomesBob, userChanged],
  ['the session is signed out', (tab: ShopClient) => tab.logout(), signedOut],
] as const

for (const [change, act, error] of changes) {
  it.each([
    true,
    false,
  ])(`fails what waits for a renewal when in another tab ${change} (told of it: %s)`, async isTold => {
    const { shop, browser, here, there } = await start()
    const release = shop.hold(/rename/)
    const mutation = outcome(here.mutate(rename))
    await shop.arrival(/rename/)
    shop.expire()
    await act(there)
    if (isTold) browser.tell()
    release()
    expect(await mutation).toMatchObject(error)
    expect(shop.done).toEqual([])
  })

  it.each([
    'query',
    'mutate',
  ] as const)(`fails a %s under way at once when in another tab ${change}`, async operate => {
    const { shop, browser, here, there } = await start()
    const release = shop.hold(/page/)
    const operation = outcome(here[operate](page))
    await shop.arrival(/page/)
    await act(there)
    browser.tell()
    expect(await operation).toMatchObject(error)
    release()
  })

  it.each([
    'query',
    'mutate',
  ] as const)(`gives no answer to a %s if meanwhile ${change}, and nothing told of it`, async operate => {
    const { shop, here, there } = await start()
    const release = shop.hold(/page/)
    const operation = outcome(here[operate](page))
    await shop.arrival(/page/)
    await act(there)
    release()
    expect(await operation).toMatchObject(error)
  })

  it.each([
    'query',
    'mutate',
  ] as const)(`sends no %s in a tab that was frozen while ${change}`, async operate => {
    const { shop, here, there, onUserChanged } = await start()
    await act(there)
    expect(await outcome(here[operate](page))).toMatchObject(error)
    expect(shop.done).toEqual([])
    expect(onUserChanged).toHaveBeenCalledTimes(2)
  })

  it(`does not ask again as another when between two attempts ${change}`, async () => {
    const { shop, here, there } = await start()
    shop.lose(1, /page/)
    const query = outcome(here.query(page))
    await vi.waitFor(() => expect(shop.done).toEqual([`ada: ${page}`]))
    await act(there)
    expect(await query).toMatchObject(error)
    expect(shop.done).toEqual([`ada: ${page}`])
  })

  it.each([true, false])(`ends the watches when in another tab ${change} (told of it: %s)`, async isTold => {
    const { shop, browser, here, there } = await start()
    const ends: unknown[] = []
    here.watch({ document: 'subscription { tick { number } }' }).subscribe(
      () => {},
      reason => ends.push(reason),
    )
    await vi.waitFor(() => expect(shop.gateway.subscriptions()).toBe(1))
    await act(there)
    if (isTold) browser.tell()
    // n.b. untold, the tab finds out when it connects again
    else shop.gateway.cut()
    await vi.waitFor(() => expect(ends).toMatchObject([error]))
    expect(shop.gateway.messages('subscribe')).toHaveLength(1)
    expect(JSON.stringify(shop.gateway.messages('connection_init'))).not.toContain('bob')
  })
}

it('works as the next user after it has told who that is', async () => {
  const { shop, browser, here, there, onUserChanged } = await start()
  await becomesBob(there)
  browser.tell()
  await vi.waitFor(() =>
    expect(onUserChanged).toHaveBeenLastCalledWith(expect.objectContaining({ id: 'bob' })),
  )
  expect((await here.mutate(rename)).data).toEqual({ me: 'bob' })
  expect(await here.user()).toMatchObject({ id: 'bob' })
  expect(shop.done).toEqual([`bob: ${rename}`])
  expect(onUserChanged).toHaveBeenCalledTimes(2)
})

it('goes on if the same user signs in again in another tab', async () => {
  const { shop, here, there, onUserChanged } = await start()
  const release = shop.hold(/page/)
  const query = here.query(page)
  await there.logout()
  await there.login(login('ada'))
  release()
  expect((await query).data).toEqual({ me: 'ada' })
  expect((await here.mutate(rename)).data).toEqual({ me: 'ada' })
  expect(onUserChanged).toHaveBeenCalledTimes(1)
})

it('fails what was begun before another user came and went, if it was told of both', async () => {
  const { shop, browser, here, there } = await start()
  const release = shop.hold(/page/)
  const query = outcome(here.query(page))
  await becomesBob(there)
  browser.tell()
  await vi.waitFor(async () => expect(await here.user()).toMatchObject({ id: 'bob' }))
  await there.login(login('ada'))
  browser.tell()
  release()
  expect(await query).toMatchObject(userChanged)
  await vi.waitFor(async () => expect(await here.user()).toMatchObject({ id: 'ada' }))
  expect((await here.query(page)).data).toEqual({ me: 'ada' })
})

it('changes the user of three tabs by one sign-in', async () => {
  const { shop, browser, here, there } = await start()
  const third = browser.openTab()
  await third.user()
  await becomesBob(there)
  expect(await Promise.all([here, third].map(tab => outcome(tab.mutate(rename))))).toMatchObject([
    userChanged,
    userChanged,
  ])
  const answers = await Promise.all([here, there, third].map(tab => tab.query(page)))
  expect(answers.map(({ data }) => data)).toEqual(Array(3).fill({ me: 'bob' }))
  expect(shop.done).toEqual(Array(3).fill(`bob: ${page}`))
})

it('fails what was under way when somebody else signs in, or its user signs out, in the same tab', async () => {
  const { shop, here } = await start()
  const release = shop.hold(/page/)
  const first = outcome(here.query(page))
  await becomesBob(here)
  expect(await first).toMatchObject(userChanged)
  const second = outcome(here.query(page))
  await here.logout()
  expect(await second).toMatchObject(signedOut)
  release()
})

it('answers what nobody began, without a token, also if somebody signs in meanwhile', async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  const [here, there] = [browser.openTab(), browser.openTab()]
  expect((await here.query(page)).data).toEqual({ me: 'nobody' })
  shop.lose(1, /page/)
  const query = here.query(page)
  await vi.waitFor(() => expect(shop.done).toHaveLength(2))
  await there.login(login('ada'))
  browser.tell()
  expect((await query).data).toEqual({ me: 'nobody' })
  expect((await here.query(page)).data).toEqual({ me: 'ada' })
})

it('does not sign out somebody else', async () => {
  const { shop, here, there } = await start()
  await becomesBob(there)
  expect(await outcome(here.logout())).toMatchObject(userChanged)
  expect(shop.hasEnded(2)).toBe(false)
  expect((await there.query(page)).data).toEqual({ me: 'bob' })
})

it('leaves the session of whoever signed in during a sign-out', async () => {
  const { shop, here, there, browser } = await start()
  const release = shop.hold(/logout/)
  const leaving = here.logout()
  await shop.arrival(/logout/)
  await becomesBob(there)
  release()
  await leaving
  expect(JSON.parse(browser.items.get('session') ?? 'null')).toMatchObject({ user: { id: 'bob' } })
})

it('forgets the session before the shop has answered the sign-out, so that a page closed meanwhile is signed out', async () => {
  const { shop, browser, here, there } = await start()
  const release = shop.hold(/logout/)
  const leaving = here.logout()
  await shop.arrival(/logout/)
  expect(browser.items.get('session')).toBeUndefined()
  expect(await here.user()).toBeUndefined()
  expect(await there.user()).toBeUndefined()
  release()
  await leaving
  expect(shop.hasEnded(1)).toBe(true)
})

it('tells the shop of a sign-out even if the store fails', async () => {
  const shop = await startShop()
  const store = createMemoryStore<Session>()
  const failing: Store<Session> = {
    get: store.get,
    set: session => {
      if (session === undefined) throw new Error('the store is closed')
      return store.set(session)
    },
  }
  const tab = createBrowser(shop.gateway.url).openTab({ sessionStore: failing })
  await tab.login(login('ada'))
  await expect(tab.logout()).rejects.toThrow('the store is closed')
  expect(shop.hasEnded(1)).toBe(true)
})

it.each([
  { type: 'pageshow', persisted: true },
  { type: 'visibilitychange' },
  { type: 'storage', key: null },
])('looks who is signed in at %j', async event => {
  const { browser, there, onUserChanged } = await start()
  await becomesBob(there)
  browser.tell({ type: 'storage', key: 'something else' })
  browser.tell(event)
  await vi.waitFor(() =>
    expect(onUserChanged).toHaveBeenLastCalledWith(expect.objectContaining({ id: 'bob' })),
  )
  expect(onUserChanged).toHaveBeenCalledTimes(2)
})

it('hears of other tabs once, also where a page makes its client twice, and no more after close', async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  const onUserChanged = vi.fn()
  const first = browser.openTab({ onUserChanged })
  await first.close()
  const second = browser.openTab({ onUserChanged })
  const there = browser.openTab()
  await there.login(login('ada'))
  browser.tell()
  await vi.waitFor(() => expect(onUserChanged).toHaveBeenCalledOnce())
  await second.close()
  await there.close()
  expect(browser.listeners.size).toBe(0)
})

it('puts the token of nobody else on an open socket, and leaves watches of nobody to the next user', async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  const [here, there] = [browser.openTab({ renewBeforeMs: 599_500 }), browser.openTab()]
  const ends: unknown[] = []
  const watch = (name: string) =>
    here.watch({ document: 'subscription { tick { number } }' }).subscribe(
      () => {},
      error => ends.push([name, error]),
    )
  watch('of nobody')
  await vi.waitFor(() => expect(shop.gateway.subscriptions()).toBe(1))
  await here.login(login('ada'))
  watch('of ada')
  await vi.waitFor(() => expect(shop.gateway.subscriptions()).toBe(2))
  await there.login(login('bob'))
  // n.b. untold, the tab finds out when it renews the token of the socket
  await vi.waitFor(() => expect(ends).toMatchObject([['of ada', userChanged]]))
  await vi.waitFor(() => expect(shop.gateway.subscriptions()).toBe(1))
  expect(JSON.stringify(shop.gateway.messages('ping'))).not.toContain('bob')
  const users = shop.gateway.messages('connection_init').map(({ payload }) => payload?.authorization)
  expect(users).toEqual([undefined, expect.stringContaining('ada'), expect.stringContaining('bob')])
})

it('keeps its user while the network is away', async () => {
  const { shop, here, onUserChanged } = await start()
  shop.expire()
  shop.lose(99, /^/)
  expect(await outcome(here.query(page))).toMatchObject({ code: 'UNREACHABLE' })
  expect(await here.user()).toMatchObject({ id: 'ada' })
  shop.lose(0, /^/)
  expect((await here.query(page)).data).toEqual({ me: 'ada' })
  expect(onUserChanged).toHaveBeenCalledTimes(1)
})
