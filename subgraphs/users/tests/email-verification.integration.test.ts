import { afterAll, describe, expect, it } from 'vitest'
import { linksOf } from './links.ts'
import {
  anonymous,
  askWith,
  identityToken,
  loginMutation,
  onDatabase,
  type Person,
  password,
  personOf,
  runTwins,
  tokens,
} from './users-under-test.ts'

const { users, twin, stop } = await runTwins()
afterAll(stop)

const ask = (person: Person, at = users) =>
  at.ask(
    person.viewer,
    `mutation {
      requestEmailVerification {
        __typename ... on RequestEmailVerificationSuccess { user { emailVerified } }
        ... on TooManyAttempts { retryAfterSeconds } ... on Failure { message }
      }
    }`,
  )
const request = async (...parameters: Parameters<typeof ask>) =>
  (await ask(...parameters)).data?.requestEmailVerification
const verify = async (token: string, viewer: Person['viewer'] | typeof anonymous = anonymous, at = users) =>
  (
    await at.ask(
      viewer,
      `mutation ($token: String!) {
        verifyEmail(input: { token: $token }) {
          __typename ... on VerifyEmailSuccess { user { id email emailVerified } } ... on Failure { message }
        }
      }`,
      { token },
    )
  ).data?.verifyEmail
const isVerified = async (person: Person) =>
  (await users.ask(person.viewer, '{ me { emailVerified } }')).data?.me
const linksFor = (person: Person) => linksOf(users, person, 'email-verification')
const scopesAfterLogin = async ({ email }: Person) => {
  const { data } = await users.ask(anonymous, loginMutation, { input: { email, password } })
  return personOf(tokens.parse(data?.login).accessToken).viewer.scopes
}

it('sends a link at registration, and whoever uses it has shown that the address is theirs', async () => {
  const person = await users.register('Verifying')
  expect(await isVerified(person)).toEqual({ emailVerified: false })
  expect(await scopesAfterLogin(person)).toEqual([])
  const [link, ...more] = await linksFor(person)
  expect(more).toEqual([])
  expect(link?.email).toBe(person.email)
  expect(Date.parse(link?.expiresAt ?? '') - Date.now()).toBeGreaterThan(86_000_000)
  const user = { id: person.id, email: null, emailVerified: null }
  expect(await verify(link?.token ?? '', anonymous, twin)).toEqual({ __typename: 'VerifyEmailSuccess', user })
  expect(await isVerified(person)).toEqual({ emailVerified: true })
  expect(await scopesAfterLogin(person)).toEqual(['email:verified'])
  expect(await request(person)).toMatchObject({ __typename: 'AlreadyVerified' })
})

it('says so in the next access token of a session that was there before', async () => {
  const person = await users.register('Refreshing')
  await verify((await linksFor(person))[0]?.token ?? '', person.viewer)
  const { data } = await users.ask(
    anonymous,
    `mutation ($refreshToken: String!) {
      refreshSession(input: { refreshToken: $refreshToken }) { ... on Session { accessToken refreshToken } }
    }`,
    { refreshToken: person.refreshToken },
  )
  expect(personOf(tokens.parse(data?.refreshSession).accessToken).viewer.scopes).toEqual(['email:verified'])
})

it('keeps the token nowhere but sealed', async () => {
  const [link] = await linksFor(await users.register('Sealed'))
  const kept = JSON.stringify(
    await onDatabase(
      users.databaseUrl,
      `select query_to_xml('select * from ' || quote_ident(tablename), true, false, '')::text as rows
       from pg_tables where schemaname = 'public'`,
    ),
  )
  expect(kept).toContain(link?.sealedToken)
  expect(kept).not.toContain(link?.token)
})

it('is asked for five times an hour, by whoever is signed in', async () => {
  const person = await users.register('Often')
  for (let round = 0; round < 5; round += 1)
    expect(await request(person, round % 2 ? users : twin)).toMatchObject({ user: { emailVerified: false } })
  expect(await request(person)).toMatchObject({ __typename: 'TooManyAttempts', retryAfterSeconds: 720 })
  expect(await linksFor(person)).toHaveLength(6)
  const { errors } = await askWith(
    users.url,
    await identityToken(anonymous),
    'mutation { requestEmailVerification { __typename } }',
  )
  expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
})

describe('a token', () => {
  type Made = { readonly person: Person; readonly token: string; readonly sealedToken: string }
  const onTokens = (sql: string, { person }: Made) =>
    onDatabase(users.databaseUrl, `${sql} where user_id = $1`, [person.id])
  const wrong: Readonly<Record<string, (made: Made) => string | Promise<string>>> = {
    nothing: () => '',
    'one that nobody made': () => Buffer.alloc(32, 7).toString('base64url'),
    'one with a character less': ({ token }) => token.slice(0, -1),
    'the sealed one, as the event has it': ({ sealedToken }) => sealedToken,
    'a refresh token': ({ person }) => person.refreshToken,
    'an expired one': async made => {
      await onTokens('update one_time_tokens set expires_at = clock_timestamp()', made)
      return made.token
    },
    'one that a newer request replaced': async ({ person, token }) => {
      await request(person)
      return token
    },
    'one for a new password': async made => {
      await onTokens(`update one_time_tokens set purpose = 'password-reset'`, made)
      return made.token
    },
    'one that was sent to another address': async made => {
      await onTokens(`update one_time_tokens set sent_to = 'other@people.example'`, made)
      return made.token
    },
  }

  it.each(Object.entries(wrong))('is refused if it is %s', async (_, forge) => {
    const person = await users.register(`Refused${crypto.randomUUID()}`)
    const [link] = await linksFor(person)
    const token = await forge({ person, token: link?.token ?? '', sealedToken: link?.sealedToken ?? '' })
    expect(await verify(token)).toMatchObject({ __typename: 'InvalidToken' })
    expect(await isVerified(person)).toEqual({ emailVerified: false })
  })

  it('works for exactly one of many that come at once, to two processes', async () => {
    const person = await users.register('Racing')
    const token = (await linksFor(person))[0]?.token ?? ''
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => verify(token, anonymous, index % 2 ? users : twin)),
    )
    expect(JSON.stringify(answers).match(/VerifyEmailSuccess/g)).toHaveLength(1)
    expect(JSON.stringify(answers).match(/InvalidToken/g)).toHaveLength(7)
  })
})
