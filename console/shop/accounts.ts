import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { AskGateway } from './gateway.ts'

/** A session of one of the shop's accounts. */
export type ShopSession = {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAtMs: number
  /** Makes a renewal that is repeated, since its answer was lost, the same renewal. */
  readonly renewalKey: string
}

/** Who signed in. */
export type ShopAccount = { readonly email: string; readonly name: string; readonly role: string }

const tokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresAt: z.coerce.date(),
})
const account = z.object({ email: z.string(), name: z.string(), role: z.string() })
const refusal = z.object({ message: z.string() })
const loginAnswer = z.object({
  data: z.object({ login: z.union([tokens.extend({ user: account }), refusal]) }),
})
const refreshAnswer = z.object({ data: z.object({ refreshSession: z.union([tokens, refusal]) }) })

/** Signs in with an account of the shop; `refused` is why not, in words. Throws if the shop does not answer. */
export const signInAtShop = async (
  ask: AskGateway,
  input: { readonly email: string; readonly password: string },
): Promise<
  { readonly session: ShopSession; readonly account: ShopAccount } | { readonly refused: string }
> => {
  const { login } = loginAnswer.parse(await ask('login', { input })).data
  return 'message' in login ? { refused: login.message } : { session: toSession(login), account: login.user }
}

/** Renews a session; undefined if the shop has ended it. Throws if the shop does not answer. */
export const renewAtShop = async (
  ask: AskGateway,
  { refreshToken, renewalKey }: ShopSession,
): Promise<ShopSession | undefined> => {
  const input = { refreshToken, idempotencyKey: renewalKey }
  const { refreshSession } = refreshAnswer.parse(await ask('refresh-session', { input })).data
  return 'message' in refreshSession ? undefined : toSession(refreshSession)
}

const toSession = ({ expiresAt, ...rest }: z.output<typeof tokens>): ShopSession => ({
  ...rest,
  expiresAtMs: expiresAt.getTime(),
  renewalKey: randomBytes(24).toString('base64url'),
})
