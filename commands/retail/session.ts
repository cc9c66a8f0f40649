import { z } from 'zod'
import { type Access, askPatiently, type Shop, ShopError } from './shop.ts'

/** E-mail address and password of an account. */
export type Credentials = { readonly email: string; readonly password: string }

/** What a member of staff gives to sign in: also a code of their app, if the account asks for one. */
export type StaffCredentials = Credentials & { readonly code?: string | undefined }

/** A refusal in the shop's words. */
type Refusal = {
  readonly __typename: string
  readonly message: string
  readonly challenge?: string | undefined
}

const renewBeforeMs = 60_000

const session = z.object({
  __typename: z.literal('Session'),
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresAt: z.coerce.date(),
})
const refusal = z.object({
  __typename: z.string(),
  message: z.string().default('The shop does not say why.'),
  retryAfterSeconds: z.number().optional(),
  challenge: z.string().optional(),
})
const outcome = z.object({ outcome: z.union([session, refusal]) })

type Tokens = z.output<typeof session>

const fields = '__typename ... on Session { accessToken refreshToken expiresAt } ... on Failure { message }'
const wait = '... on TooManyAttempts { retryAfterSeconds }'

const login = `mutation Login($input: LoginInput!) {
  outcome: login(input: $input) { ${fields} ${wait} ... on TotpRequired { challenge } }
}`

const completeLogin = `mutation CompleteLogin($input: CompleteLoginInput!) {
  outcome: completeLogin(input: $input) { ${fields} ${wait} }
}`

const register = `mutation Register($input: RegisterInput!) {
  outcome: register(input: $input) { ${fields} ${wait} }
}`

const refreshSession = `mutation RefreshSession($input: RefreshSessionInput!) {
  outcome: refreshSession(input: $input) { ${fields} }
}`

/** Signs in, or returns the refusal; waits as the shop asks for it. */
export const signIn = async (
  shop: Shop,
  { code, ...credentials }: StaffCredentials,
): Promise<Access | Refusal> => {
  const first = await askForTokens(shop, login, credentials)
  const challenge = 'challenge' in first ? first.challenge : undefined
  const isAsked = challenge !== undefined && code !== undefined
  const tokens = isAsked ? await askForTokens(shop, completeLogin, { challenge, code }) : first
  return 'accessToken' in tokens ? createAccess(shop, tokens, credentials) : tokens
}

/** Opens an account and signs in, or returns the refusal; waits as `signIn` does. */
export const openAccount = async (
  shop: Shop,
  { name, ...credentials }: Credentials & { readonly name: string },
): Promise<Access | Refusal> => {
  const tokens = await askForTokens(shop, register, { name, ...credentials })
  return 'accessToken' in tokens ? createAccess(shop, tokens, credentials) : tokens
}

/** The error for a sign-in that the shop refused. */
export const signInRefused = (
  { email }: Pick<Credentials, 'email'>,
  { __typename, message }: Refusal,
): ShopError =>
  new ShopError(
    __typename === 'TotpRequired'
      ? `${email} can't sign in without a code: give the one that its app shows now, by --code.`
      : `${email} can't sign in: ${message}`,
  )

const askForTokens = async (shop: Shop, operation: string, input: object): Promise<Tokens | Refusal> => {
  const result = await askPatiently(async () => {
    const { outcome: answer } = await shop.request(outcome, operation, { input })
    return answer
  })
  if ('accessToken' in result || result.retryAfterSeconds === undefined) return result
  return { ...result, message: `${result.message} The shop asks for ${result.retryAfterSeconds} seconds.` }
}

/** Renews the tokens a minute before they end or once they are refused, one renewal at a time; signs in again if the session is over. */
const createAccess = (shop: Shop, first: Tokens, credentials: Credentials): Access => {
  let tokens = first
  let renewAtMs = renewalOf(first)
  let renewing: Promise<void> | undefined

  const renew = async (): Promise<void> => {
    const input = { refreshToken: tokens.refreshToken }
    const { outcome: next } = await shop.request(outcome, refreshSession, { input })
    const again = 'accessToken' in next ? next : await askForTokens(shop, login, credentials)
    if (!('accessToken' in again)) throw signInRefused(credentials, again)
    tokens = again
    renewAtMs = renewalOf(tokens)
  }

  return {
    accessToken: async refused => {
      if (refused === tokens.accessToken || Date.now() >= renewAtMs) {
        renewing ??= renew().finally(() => {
          renewing = undefined
        })
        await renewing
      }
      return tokens.accessToken
    },
  }
}

/** n.b. if new tokens look expired, the clock is wrong: then only a refusal tells that it is time. */
const renewalOf = ({ expiresAt }: Tokens): number => {
  const renewAtMs = expiresAt.getTime() - renewBeforeMs
  return renewAtMs > Date.now() ? renewAtMs : Number.POSITIVE_INFINITY
}
