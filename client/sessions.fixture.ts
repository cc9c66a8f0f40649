import { expect, onTestFinished, vi } from 'vitest'
import type { Session } from './session.ts'
import { createShopClient, type ShopClientOptions } from './shop-client.ts'
import { createWebStore, type WebStorage } from './store.ts'
import { type Call, startTestGateway } from './testing.ts'

type Issued = {
  readonly id: number
  readonly user: string
  readonly refreshToken: string
  successor?: { readonly key: unknown; readonly atMs: number; readonly next: Issued }
}

const repeatedForMs = 30_000

/**
 * A gateway with sessions as the shop has them: a refresh token works once, and again only with the same key for 30 s, while
 * its successor was not used. Who signs in is the name before the @ of the e-mail address.
 */
export const startShop = async () => {
  const gateway = await startTestGateway()
  const tokens = new Map<string, Issued>()
  const access = new Map<string, string>()
  const ended = new Set<number>()
  const done: string[] = []
  const refreshes: unknown[] = []
  const arrived: string[] = []
  const stolen: string[] = []
  let sessions = 0
  let issued = 0
  let granted = 0
  let losing = { count: 0, what: /^/ }
  let holding: { readonly what: RegExp; readonly until: Promise<void> } | undefined
  let failing: object | undefined

  const issue = (user: string, id: number): Issued => {
    issued += 1
    const next: Issued = { id, user, refreshToken: `refresh-${user}-${issued}` }
    tokens.set(next.refreshToken, next)
    return next
  }
  const grant = ({ user, id, refreshToken }: Issued) => {
    granted += 1
    const accessToken = `access-${user}-${granted}`
    access.set(accessToken, user)
    sessionOf.set(accessToken, id)
    return {
      __typename: 'Session',
      accessToken,
      refreshToken,
      expiresAt: new Date(Date.now() + 600_000).toISOString(),
      user: { id: user, name: user, role: 'CUSTOMER' },
    }
  }
  const sessionOf = new Map<string, number>()
  const invalid = { __typename: 'InvalidRefreshToken', message: 'The session is over.' }

  const refresh = ({ refreshToken, idempotencyKey }: Readonly<Record<string, unknown>>) => {
    refreshes.push(refreshToken)
    const token = tokens.get(String(refreshToken))
    if (token === undefined || ended.has(token.id)) return invalid
    const { successor } = token
    if (successor === undefined) {
      const next = issue(token.user, token.id)
      token.successor = { key: idempotencyKey, atMs: Date.now(), next }
      return grant(next)
    }
    const isRepeat = idempotencyKey !== undefined && successor.key === idempotencyKey
    const isSoon = Date.now() - successor.atMs < repeatedForMs && successor.next.successor === undefined
    if (isRepeat && isSoon) return grant(successor.next)
    ended.add(token.id)
    stolen.push(token.refreshToken)
    return invalid
  }

  const carryOut = ({ query, variables, authorization }: Call): object => {
    const input = inputOf(variables)
    if (query.includes('login(')) {
      sessions += 1
      return { data: { login: grant(issue(String(input.email).replace(/@.*/, ''), sessions)) } }
    }
    if (query.includes('logout(')) {
      const token = tokens.get(String(input.refreshToken))
      if (token !== undefined) ended.add(token.id)
      return { data: { logout: { __typename: 'LogoutSuccess' } } }
    }
    if (query.includes('refreshSession(')) return failing ?? { data: { refreshSession: refresh(input) } }
    const token = authorization?.replace('Bearer ', '')
    const user = token === undefined ? 'nobody' : access.get(token)
    if (user === undefined || ended.has(sessionOf.get(token ?? '') ?? -1))
      return { errors: [{ message: 'Sign in.', extensions: { code: 'UNAUTHENTICATED' } }] }
    done.push(`${user}: ${query}`)
    return { data: { me: user } }
  }

  gateway.answers(async call => {
    arrived.push(call.query)
    if (holding?.what.test(call.query)) await holding.until
    const given = carryOut(call)
    if (losing.count === 0 || !losing.what.test(call.query)) return given
    losing = { ...losing, count: losing.count - 1 }
    return undefined
  })
  gateway.greets(({ authorization }) =>
    authorization === undefined || access.has(String(authorization).replace('Bearer ', ''))
      ? undefined
      : 4401,
  )
  onTestFinished(() => gateway.stop())

  return {
    gateway,
    /** What was carried out: who asked, and for what. */
    done,
    /** Waits until a number of operations that match have arrived. */
    arrival: (what: RegExp, count = 1) =>
      vi.waitFor(() => expect(arrived.filter(query => what.test(query)).length).toBe(count)),
    /** The refresh tokens that came. */
    refreshes,
    /** The refresh tokens that came twice, and so ended their sessions. */
    stolen,
    /** Refuses all access tokens of now. */
    expire: () => access.clear(),
    /** Ends every session of now. */
    endAll: () => {
      for (let id = 1; id <= sessions; id += 1) ended.add(id)
    },
    hasEnded: (id: number) => ended.has(id),
    /** Carries out the next operations that match, and loses the answers. */
    lose: (count: number, what: RegExp) => {
      losing = { count, what }
    },
    /** Answers refreshes like this from now on; undefined: as usual. */
    failRefreshes: (answer: object | undefined) => {
      failing = answer
    },
    /** Does not carry out what matches until the returned function is called. */
    hold: (what: RegExp) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      holding = { what, until: promise }
      return () => {
        holding = undefined
        resolve()
      }
    },
  }
}

/** A browser: tabs over one storage, which hear of each other's changes only if told. */
export const createBrowser = (url: string, { hasLocks = true } = {}) => {
  const items = new Map<string, string>()
  const listeners = new Set<(event: unknown) => void>()
  const storage: WebStorage = {
    getItem: key => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: key => void items.delete(key),
  }
  vi.stubGlobal('addEventListener', (_: string, listener: (event: unknown) => void) =>
    listeners.add(listener),
  )
  vi.stubGlobal('removeEventListener', (_: string, listener: (event: unknown) => void) =>
    listeners.delete(listener),
  )
  if (!hasLocks) vi.stubGlobal('navigator', {})
  onTestFinished(() => void vi.unstubAllGlobals())
  return {
    items,
    listeners,
    storage,
    /** Tells all tabs of an event of their window. */
    tell: (event: object = { type: 'storage', key: 'session' }): void => {
      // n.b. both names, since a tab listens under each of them
      for (const listener of [...listeners]) listener(event)
    },
    openTab: ({
      tabStorage = storage,
      ...options
    }: Partial<ShopClientOptions> & { readonly tabStorage?: WebStorage | (() => WebStorage) } = {}) => {
      const tab = createShopClient({
        url,
        sessionStore: createWebStore<Session>(tabStorage, 'session'),
        ...options,
      })
      let isOpen = true
      const close = async () => {
        if (isOpen) await tab.close()
        isOpen = false
      }
      onTestFinished(close)
      return { ...tab, close }
    },
  }
}

export const login = (name: string) => ({ email: `${name}@example.com`, password: 'secret' })

const inputOf = ({ input }: Call['variables'] = {}): Readonly<Record<string, unknown>> =>
  typeof input === 'object' && input !== null ? { ...input } : {}
