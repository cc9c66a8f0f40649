import { expect, it, onTestFinished, vi } from 'vitest'
import type { Session } from './session.ts'
import { createShopClient, type ShopClientOptions } from './shop-client.ts'
import { createMemoryStore } from './store.ts'
import { startTestGateway } from './testing.ts'

const challenged = { __typename: 'TotpRequired', message: 'Fill in the code.', challenge: 'c', expiresAt: '' }
const wrongCode = { __typename: 'InvalidCode', message: 'This code is wrong.' }
const ada = { id: 'ada', name: 'Ada', role: 'CUSTOMER' }

/** A gateway whose tokens are numbered, live 10 minutes, and are refreshed once each. */
const startSessions = async (options: Partial<ShopClientOptions> = {}, isAsked = false) => {
  const gateway = await startTestGateway()
  let issued = 0
  let refused = new Set<string>()
  const used: string[] = []
  const grant = () => {
    issued += 1
    const expiresAt = new Date(Date.now() + 600_000).toISOString()
    return {
      __typename: 'Session',
      accessToken: `access-${issued}`,
      refreshToken: `refresh-${issued}`,
      expiresAt,
      user: ada,
    }
  }
  gateway.answers(({ query, variables, authorization }) => {
    if (query.includes('login(')) return { data: { login: isAsked ? challenged : grant() } }
    if (query.includes('completeLogin('))
      return { data: { completeLogin: JSON.stringify(variables).includes('123456') ? grant() : wrongCode } }
    if (query.includes('logout(')) return { data: { logout: { __typename: 'LogoutSuccess' } } }
    if (query.includes('refreshSession(')) {
      const input = variables.input
      const token =
        typeof input === 'object' && input !== null && 'refreshToken' in input
          ? String(input.refreshToken)
          : ''
      const isStolen = used.includes(token) || token !== `refresh-${issued}`
      used.push(token)
      return {
        data: { refreshSession: isStolen ? { __typename: 'InvalidRefreshToken', message: 'no' } : grant() },
      }
    }
    const token = authorization?.replace('Bearer ', '') ?? ''
    return refused.has(token)
      ? { errors: [{ message: 'Sign in.', extensions: { code: 'UNAUTHENTICATED' } }] }
      : { data: { token } }
  })
  onTestFinished(() => gateway.stop())
  const open = (more: Partial<ShopClientOptions> = {}) => {
    const shop = createShopClient({ url: gateway.url, ...options, ...more })
    onTestFinished(() => shop.close())
    return shop
  }
  return {
    gateway,
    open,
    used,
    refuse: (...tokens: string[]) => {
      refused = new Set(tokens)
    },
  }
}

const login = { email: 'ada@example.com', password: 'secret' }
const whichToken = '{ token }'

it('signs in with a code if the shop asks for one', async () => {
  const { open } = await startSessions({}, true)
  const shop = open()
  const asked = await shop.login(login)
  expect(asked).toEqual(challenged)
  if (asked.__typename !== 'TotpRequired') throw new Error('no code is asked for')
  const { challenge } = asked
  expect(await shop.completeLogin({ challenge, code: '000000' })).toEqual(wrongCode)
  expect(await shop.user()).toBeUndefined()
  expect(await shop.completeLogin({ challenge, code: '123456' })).toMatchObject({ user: ada })
  expect(await shop.user()).toEqual(ada)
  expect((await shop.query(whichToken)).data).toEqual({ token: 'access-1' })
})

it('renews a token that is about to end, once for everybody who waits for it', async () => {
  const { open, used } = await startSessions({ renewBeforeMs: 599_950 })
  const shop = open()
  await shop.login(login)
  await vi.waitFor(async () => expect((await shop.query(whichToken)).data).toEqual({ token: 'access-2' }))
  expect(used).toEqual(['refresh-1'])
})

it('renews a refused token once for everybody, and asks again', async () => {
  const { open, used, refuse } = await startSessions()
  const shop = open()
  await shop.login(login)
  refuse('access-1')
  const answers = await Promise.all(Array.from({ length: 20 }, () => shop.query(whichToken)))
  expect(answers.map(({ data }) => data)).toEqual(Array(20).fill({ token: 'access-2' }))
  expect(used).toEqual(['refresh-1'])
})

it('renews once for all pages that share a session', async () => {
  const { open, used, refuse } = await startSessions()
  const sessionStore = createMemoryStore<Session>()
  const pages = [open({ sessionStore }), open({ sessionStore }), open({ sessionStore })]
  await pages[0]?.login(login)
  expect(await pages[1]?.user()).toEqual(ada)
  expect(await pages[2]?.user()).toEqual(ada)
  refuse('access-1')
  const answers = await Promise.all(pages.map(page => page.query(whichToken)))
  expect(answers.map(({ data }) => data)).toEqual(Array(3).fill({ token: 'access-2' }))
  expect(used).toEqual(['refresh-1'])
})

it('does not renew without end if the clock of the device is wrong', async () => {
  const { open, used } = await startSessions({ renewBeforeMs: 3_600_000 })
  const shop = open()
  await shop.login(login)
  await shop.query(whichToken)
  await shop.query(whichToken)
  expect(used).toEqual([])
})

it('signs out when the session ended elsewhere, and says so', async () => {
  const onUserChanged = vi.fn()
  const { open, refuse, used } = await startSessions()
  const shop = open({ onUserChanged })
  await shop.login(login)
  expect(onUserChanged).toHaveBeenLastCalledWith(ada)
  used.push('refresh-1')
  refuse('access-1')
  await expect(shop.query(whichToken)).rejects.toMatchObject({ code: 'SIGNED_OUT' })
  expect(onUserChanged).toHaveBeenLastCalledWith(undefined)
  expect((await shop.query(whichToken)).data).toEqual({ token: '' })
})

it('gives a refused login as the refusal that the screen shows', async () => {
  const { gateway, open } = await startSessions()
  const refusal = { __typename: 'TooManyAttempts', message: 'Wait a little.', retryAfterSeconds: 30 }
  gateway.answers(() => ({ data: { login: refusal } }))
  expect(await open().login(login)).toEqual(refusal)
})

it('connects with the next token when the gateway closes the socket because of the old one', async () => {
  const { gateway, open } = await startSessions()
  gateway.greets(({ authorization }) => (authorization === 'Bearer access-1' ? 4401 : undefined))
  const shop = open()
  await shop.login(login)
  shop.watch({ document: 'subscription { tick { number } }' }).subscribe(() => {})
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1))
  expect(gateway.messages('connection_init').map(({ payload }) => payload)).toEqual([
    { authorization: 'Bearer access-1' },
    { authorization: 'Bearer access-2' },
  ])
})

it('renews the token of an open socket by a ping, and the subscription goes on', async () => {
  const { gateway, open } = await startSessions({ renewBeforeMs: 599_500 })
  const shop = open()
  await shop.login(login)
  const numbers: unknown[] = []
  shop
    .watch<{ tick: { number: number } }>({ document: 'subscription { tick { number } }' })
    .subscribe(({ data }) => void numbers.push(data.tick.number))
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1))
  await vi.waitFor(() => expect(gateway.messages('ping').length).toBeGreaterThan(1))
  gateway.tick()
  await vi.waitFor(() => expect(numbers).toEqual([1]))
  expect(
    gateway
      .messages('ping')
      .slice(0, 2)
      .map(({ payload }) => payload),
  ).toEqual([{ authorization: 'Bearer access-2' }, { authorization: 'Bearer access-3' }])
  expect(gateway.messages('connection_init')).toHaveLength(1)
})

it("ends its user's watches at the logout, and leaves those that began before the login", async () => {
  const { gateway, open } = await startSessions()
  const shop = open()
  const ends: unknown[] = []
  const watch = (name: string) =>
    shop.watch<{ tick: { number: number } }>({ document: 'subscription { tick { number } }' }).subscribe(
      () => {},
      () => ends.push(name),
    )
  watch('anyone')
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1))
  await shop.login(login)
  watch('ada')
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(2))
  await shop.logout()
  await vi.waitFor(() => expect(ends).toEqual(['ada']))
  await vi.waitFor(() => {
    expect(gateway.subscriptions()).toBe(1)
    expect(gateway.messages('connection_init').map(({ payload }) => payload)).toEqual([
      {},
      { authorization: 'Bearer access-1' },
      {},
    ])
  }, 5_000)
})

it('signs in a socket that was opened before the login and acknowledged after it', async () => {
  const { gateway, open } = await startSessions()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  gateway.greets(() => promise)
  const shop = open()
  shop.watch({ document: 'subscription { tick { number } }' }).subscribe(() => {})
  await vi.waitFor(() => expect(gateway.messages('connection_init')).toHaveLength(1))
  await shop.login(login)
  resolve(undefined)
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1))
  expect(gateway.messages('connection_init').map(({ payload }) => payload)).toEqual([
    {},
    { authorization: 'Bearer access-1' },
  ])
})

it('asks a query again, and a mutation never, if the shop does not answer', async () => {
  const { gateway, open } = await startSessions()
  let calls = 0
  gateway.answers(() => {
    calls += 1
    return { proxy: 'out of order' }
  })
  await expect(open().mutate('mutation { pay }')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect(calls).toBe(1)
  await expect(open().query('{ me }')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect(calls).toBe(4)
})

it.each([
  'login',
  'register',
] as const)('says after how long a throttled %s may be tried again', async name => {
  const { open, gateway } = await startSessions()
  gateway.answers(({ query }) => {
    const [asked] = /retryAfterSeconds/.exec(query) ?? []
    const refusal = { __typename: 'TooManyAttempts', message: 'Wait.', ...(asked && { [asked]: 180 }) }
    return { data: { [name]: refusal } }
  })
  expect(await open()[name]({ ...login, name: 'Ada' })).toEqual({
    __typename: 'TooManyAttempts',
    message: 'Wait.',
    retryAfterSeconds: 180,
  })
})
