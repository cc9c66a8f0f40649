import { randomBytes } from 'node:crypto'
import {
  completeAtShop,
  renewAtShop,
  type ShopAccount,
  type ShopSession,
  type SignInAnswer,
  signInAtShop,
} from '../shop/accounts.ts'
import type { AskGateway } from '../shop/gateway.ts'
import { keyHolder, type Visitor } from '../visitor.ts'

/** The people who are signed in. */
export type Visitors = ReturnType<typeof createVisitors>

type SignedIn = {
  readonly account: ShopAccount
  session: ShopSession
  renewing: Promise<void> | undefined
  lastSeenMs: number
}

/** The secret of a new visitor, or what a code is asked for with, or why there is none. */
export type Admission = { readonly secret: string } | Exclude<SignInAnswer, { readonly session: unknown }>

const roles = ['STAFF', 'ADMIN']
const idleMs = 8 * 3_600_000
const maxVisitors = 1_000

/** Signs the shop's staff in, and knows them again by a secret that their browsers keep. It is forgotten with the process. */
export const createVisitors = (ask: AskGateway) => {
  const known = new Map<string, SignedIn>()
  const readers = new Set<string>()

  const renew = async (secret: string, visitor: SignedIn): Promise<void> => {
    const renewed = await renewAtShop(ask, visitor.session)
    if (renewed === undefined || renewed.isTotpMissing) known.delete(secret)
    else visitor.session = renewed
  }

  const welcome = (answer: SignInAnswer): Admission => {
    if (!('session' in answer)) return answer
    const { account, session } = answer
    if (!roles.includes(account.role)) return { refused: 'Only the staff of the shop sees the console.' }
    if (session.isTotpMissing)
      return { refused: 'Staff need a second factor here: switch it on in your account of the shop.' }
    const secret = randomBytes(32).toString('base64url')
    known.set(secret, { account, session, renewing: undefined, lastSeenMs: Date.now() })
    const [oldest] = known.keys()
    if (known.size > maxVisitors && oldest !== undefined) known.delete(oldest)
    return { secret }
  }

  return {
    /** Lets somebody in, or asks for a code, or says why not. */
    signIn: async (credentials: { readonly email: string; readonly password: string }): Promise<Admission> =>
      welcome(await signInAtShop(ask, credentials)),

    /** The same for whoever was asked for a code. */
    complete: async (answer: { readonly challenge: string; readonly code: string }): Promise<Admission> =>
      welcome(await completeAtShop(ask, answer)),

    /** Returns the secret of somebody who has shown the key. */
    letRead: (): string => {
      const secret = randomBytes(32).toString('base64url')
      const [oldest] = readers
      if (readers.size === maxVisitors && oldest !== undefined) readers.delete(oldest)
      readers.add(secret)
      return secret
    },

    signOut: async (secret: string): Promise<void> => {
      readers.delete(secret)
      const visitor = known.get(secret)
      known.delete(secret)
      if (visitor === undefined) return
      const { refreshToken } = visitor.session
      // n.b. a shop that is away ends the session when it runs out
      await ask('logout', { input: { refreshToken } }).catch(() => {})
    },

    /**
     * The visitor with this secret. The shop is asked every ten minutes whether the session still stands; while the shop does
     * not answer, its visitors read and do not act.
     */
    find: async (secret: string): Promise<Visitor | undefined> => {
      if (readers.has(secret)) return keyHolder
      const visitor = known.get(secret)
      if (visitor === undefined) return undefined
      if (Date.now() - visitor.lastSeenMs > idleMs) {
        known.delete(secret)
        return undefined
      }
      visitor.lastSeenMs = Date.now()
      if (visitor.session.expiresAtMs <= Date.now()) {
        visitor.renewing ??= renew(secret, visitor).finally(() => {
          visitor.renewing = undefined
        })
        await visitor.renewing.catch(() => {})
      }
      if (!known.has(secret)) return undefined
      const { account, session } = visitor
      const isFresh = session.expiresAtMs > Date.now()
      return {
        who: account.email,
        role: account.role,
        mayAct: isFresh && account.role === 'ADMIN',
        accessToken: session.accessToken,
      }
    },
  }
}
