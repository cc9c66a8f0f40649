import fc from 'fast-check'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createBrowser, login, startShop } from './sessions.fixture.ts'
import type { ShopClient } from './shop-client.ts'
import { ShopError } from './shop-error.ts'

const kinds = [
  ...['query', 'mutate', 'mutate', 'sign in', 'sign in', 'sign out', 'reopen'],
  ...['expire', 'expire', 'tell', 'lose refreshes'],
]
const step = fc.record({
  kind: fc.constantFrom(...kinds),
  tab: fc.nat(2),
  who: fc.constantFrom('ada', 'bob'),
  pauseMs: fc.constantFrom(0, 0, 0, 1, 5, 20),
})
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

// n.b. UNAUTHENTICATED: the next token has expired too
const codes = ['USER_CHANGED', 'SIGNED_OUT', 'UNREACHABLE', 'UNAUTHENTICATED']

/** Three tabs that do all of this at once; what was done as somebody else than the tab showed at the call. */
const act = async (steps: readonly Step[], hasLocks: boolean) => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url, { hasLocks })
  const shown = new Map<string, string>()
  const wrong: string[] = []
  const underWay: Promise<unknown>[] = []
  let operations = 0

  const open = async () => {
    const client = browser.openTab()
    const page = { client, user: (await client.user())?.id ?? 'nobody' }
    client.onUser(user => {
      page.user = user?.id ?? 'nobody'
    })
    return page
  }
  const bear = (promise: Promise<unknown>): void => {
    underWay.push(
      promise.catch((error: unknown) => {
        if (!(error instanceof ShopError) || !codes.includes(error.code)) wrong.push(String(error))
      }),
    )
  }
  const pages = [await open(), await open(), await open()]
  const operate = (
    kind: string,
    { client, user }: { readonly client: ShopClient; readonly user: string },
  ) => {
    operations += 1
    const document = `{ operation${operations} }`
    shown.set(document, user)
    bear(kind === 'query' ? client.query(document) : client.mutate(document))
  }
  await pages[0]?.client.login(login('ada'))
  browser.tell()
  for (const { kind, tab, who, pauseMs } of steps) {
    if (pauseMs > 0) await new Promise(resolve => setTimeout(resolve, pauseMs))
    const page = pages[tab]
    if (page === undefined) continue
    if (kind === 'query' || kind === 'mutate') operate(kind, page)
    if (kind === 'sign in') bear(page.client.login(login(who)))
    if (kind === 'sign out') bear(page.client.logout())
    if (kind === 'expire') shop.expire()
    if (kind === 'tell') browser.tell()
    if (kind === 'lose refreshes') shop.lose(3, /refreshSession/)
    if (kind === 'reopen') {
      await page.client.close()
      pages[tab] = await open()
    }
  }
  await Promise.all(underWay)
  for (const one of shop.done) {
    const [user = '', document = ''] = one.split(': ')
    if (shown.get(document) !== user) wrong.push(`${one}, shown ${shown.get(document)}`)
  }
  const users = await Promise.all(pages.map(async ({ client }) => (await client.user())?.id))
  await Promise.all(pages.map(({ client }) => client.close()))
  await shop.gateway.stop()
  return { wrong, stolen: shop.stolen, users: new Set(users).size }
}

it.each([
  true,
  false,
])('sends nothing as somebody else and ends no session by accident, whatever three tabs do at once (with locks: %s)', {
  timeout: 120_000,
}, async hasLocks => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  onTestFinished(() => void vi.restoreAllMocks())
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async steps => {
      expect(await act(steps, hasLocks)).toEqual({ wrong: [], stolen: [], users: 1 })
    }),
    { numRuns: hasLocks ? 40 : 15, interruptAfterTimeLimit: 45_000 },
  )
})
