import { randomBytes } from 'node:crypto'
import { totpMissing } from '@supergraph/runtime/identity.ts'
import { decodeJwt } from 'jose'
import { z } from 'zod'
import type { AskGateway } from './gateway.ts'

/** A session of one of the shop's accounts. */
export type ShopSession = {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAtMs: number
  /** Whether the account needs a second factor first, and may do nothing that staff may. */
  readonly isTotpMissing: boolean
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
const challenged = z.object({ __typename: z.literal('TotpRequired'), challenge: z.string() })
const signedIn = tokens.extend({ user: account })
const loginAnswer = z.object({ data: z.object({ login: z.union([signedIn, challenged, refusal]) }) })
const completionAnswer = z.object({
  data: z.object({ completeLogin: z.union([signedIn, refusal.extend({ __typename: z.string() })]) }),
})
const refreshAnswer = z.object({ data: z.object({ refreshSession: z.union([tokens, refusal]) }) })

/** A sign-in: what it has begun, or what the shop asks for besides, or why there is none, in words. */
export type SignInAnswer =
  | { readonly session: ShopSession; readonly account: ShopAccount }
  | { readonly challenge: string; readonly refused?: string }
  | { readonly refused: string }

/** Signs in with an account of the shop; a `challenge` goes on with `completeAtShop`. Throws if the shop does not answer. */
export const signInAtShop = async (
  ask: AskGateway,
  input: { readonly email: string; readonly password: string },
): Promise<SignInAnswer> => {
  const { login } = loginAnswer.parse(await ask('login', { input })).data
  if ('challenge' in login) return { challenge: login.challenge }
  return 'message' in login ? { refused: login.message } : { session: toSession(login), account: login.user }
}

/** Signs in with a challenge and a code; a wrong code gives the challenge back. Throws if the shop does not answer. */
export const completeAtShop = async (
  ask: AskGateway,
  input: { readonly challenge: string; readonly code: string },
): Promise<SignInAnswer> => {
  const { completeLogin } = completionAnswer.parse(await ask('complete-login', { input })).data
  if (!('message' in completeLogin)) return { session: toSession(completeLogin), account: completeLogin.user }
  const { __typename, message: refused } = completeLogin
  return __typename === 'InvalidChallenge' ? { refused } : { challenge: input.challenge, refused }
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

const toSession = ({ accessToken, refreshToken, expiresAt }: z.output<typeof tokens>): ShopSession => ({
  accessToken,
  refreshToken,
  isTotpMissing: scopesIn(accessToken).includes(totpMissing),
  expiresAtMs: expiresAt.getTime(),
  renewalKey: randomBytes(24).toString('base64url'),
})

/** n.b. the gateway verifies the token when it comes back; here it only tells what to say. */
const scopesIn = (accessToken: string): readonly string[] =>
  z
    .object({ scope: z.string().default('') })
    .parse(decodeJwt(accessToken))
    .scope.split(' ')
