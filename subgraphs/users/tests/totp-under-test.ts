import { z } from 'zod'
import { bytesOf } from '../../../testbed/authenticator.ts'
import { codeAt, stepAt } from '../domain/totp.ts'
import {
  anonymous,
  askWith,
  identityToken,
  loginMutation,
  onDatabase,
  type Person,
  password,
  personOf,
  type runUsers,
  tokens,
} from './users-under-test.ts'

type Users = Pick<
  Awaited<ReturnType<typeof runUsers>>,
  'ask' | 'askFrom' | 'url' | 'databaseUrl' | 'register'
>
type Viewer = Person['viewer']

const member = z.looseObject({ __typename: z.string() })

/** What the app of a test has. */
export type App = Pick<Person, 'id' | 'email' | 'viewer'> & {
  readonly secret: Buffer
  readonly recoveryCodes: readonly string[]
}

const fields = `__typename ... on Failure { message } ... on TooManyAttempts { retryAfterSeconds }
  ... on EnableTotpSuccess { secret uri }
  ... on ConfirmTotpSuccess { recoveryCodes endedSessions user { totpEnabled } }
  ... on DisableTotpSuccess { user { totpEnabled } }
  ... on RenewRecoveryCodesSuccess { recoveryCodes }
  ... on RemoveTotpSuccess { user { totpEnabled } }
  ... on Session { accessToken refreshToken user { totpEnabled } }`

/** A mutation with one input, of which only what its result may have is selected. */
const mutationOf = (name: string): string => {
  const result = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  const others = /\.\.\. on (?!Failure|TooManyAttempts|Session)\w+ \{[^{}]*(\{[^{}]*\})?[^{}]*\}/g
  const own = fields.replaceAll(others, part => (part.includes(`${result}Success`) ? part : ''))
  const selected = name === 'completeLogin' ? own : own.replace(/\.\.\. on Session.*$/s, '')
  const shown = name === 'removeTotp' ? selected.replace(/\.\.\. on TooManyAttempts \{[^}]*\}/, '') : selected
  return `mutation ($input: ${result}Input!) { result: ${name}(input: $input) { ${shown} } }`
}

/** Sends a mutation about the second factor; returns the member of its result. */
export const askTotp = async (
  users: Users,
  viewer: Viewer | typeof anonymous,
  name: string,
  input: object,
) => {
  const { data, errors } = await askWith(
    users.url,
    await identityToken(viewer, 'users', '198.51.100.4'),
    mutationOf(name),
    { input },
  )
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return member.parse(data?.result)
}

const challenged = z.object({ challenge: z.string() })

/** Signs in with the password; returns the member of the result. */
export const login = async (users: Users, email: string, address = '198.51.100.4') => {
  const mutation = loginMutation.replace(
    '... on Failure',
    '... on TotpRequired { challenge expiresAt } ... on Failure',
  )
  const { data } = await users.askFrom(address, mutation, { input: { email, password } })
  return member.parse(data?.login)
}

/** Signs in with the password as far as the challenge. */
export const challengeFor = async (users: Users, { email }: Pick<App, 'email'>): Promise<string> =>
  challenged.parse(await login(users, email)).challenge

/** The code of the app; it works even if this step's was used, since the test forgets that. */
export const freshCode = async (
  users: Users,
  { id, secret }: Pick<App, 'id' | 'secret'>,
): Promise<string> => {
  await onDatabase(users.databaseUrl, 'update totp_secrets set used_step = null where user_id = $1', [id])
  return codeAt(secret, stepAt(new Date()))
}

/** The secret that a user gets for an app. */
export const enable = async (users: Users, { viewer }: Pick<Person, 'viewer'>): Promise<Buffer> => {
  const { secret } = z
    .object({ secret: z.string() })
    .parse(await askTotp(users, viewer, 'enableTotp', { password }))
  return bytesOf(secret)
}

/** Somebody who has registered, and whose logins ask for codes. */
export const registerWithApp = async (users: Users, name: string): Promise<App> => {
  const person = await users.register(name)
  return { ...person, ...(await setUp(users, person)) }
}

/** Switches the second factor of a signed-in user on. */
export const setUp = async (users: Users, person: Pick<Person, 'viewer'>) => {
  const secret = await enable(users, person)
  const code = codeAt(secret, stepAt(new Date()))
  const { recoveryCodes } = z
    .object({ recoveryCodes: z.array(z.string()) })
    .parse(await askTotp(users, person.viewer, 'confirmTotp', { code }))
  return { secret, recoveryCodes }
}

/** Signs in with both factors. */
export const signIn = async (users: Users, app: App) => {
  const input = { challenge: await challengeFor(users, app), code: await freshCode(users, app) }
  const signedIn = tokens.parse(await askTotp(users, anonymous, 'completeLogin', input))
  return { ...personOf(signedIn.accessToken), ...signedIn }
}
