import { countRequestQueries } from '@supergraph/postgres/tests/test-database.ts'
import { SealBroken } from '@supergraph/runtime/sealed.ts'
import { SessionEnded, UserPasswordResetRequested } from '@supergraph/schema/events/users.ts'
import { tokenBoundTo } from '@supergraph/schema/sealed-token.ts'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openUsersDatabase } from '../database/open.ts'
import { hashOf } from '../domain/refresh-token.ts'
import {
  anonymous,
  eventsOf,
  loginMutation,
  onDatabase,
  type Person,
  password,
  personOf,
  runTwins,
  runUsers,
  sealer,
  tokens,
} from './users-under-test.ts'

const queries = countRequestQueries()
const { users, twin, stop } = await runTwins({ onQuery: queries.onQuery })
afterAll(stop)

const refusal = '... on Failure { message } ... on TooManyAttempts { retryAfterSeconds }'
const requestMutation = `mutation ($email: String!) {
  requestPasswordReset(input: { email: $email }) {
    __typename ... on RequestPasswordResetSuccess { message } ${refusal} ... on InvalidInput { field }
  }
}`
const resetMutation = `mutation ($token: String!, $newPassword: String!) {
  resetPassword(input: { token: $token, newPassword: $newPassword }) {
    __typename ... on Session { accessToken refreshToken user { id email } } ${refusal}
  }
}`
const request = async (email: string, at = users) =>
  (await at.ask(anonymous, requestMutation, { email })).data?.requestPasswordReset
const requestFrom = async (address: string, email: string) =>
  (await users.askFrom(address, requestMutation, { email })).data?.requestPasswordReset
const newPassword = 'another horse battery'
const reset = async (token: string, chosen = newPassword, at = users) =>
  (await at.ask(anonymous, resetMutation, { token, newPassword: chosen })).data?.resetPassword
const login = async (email: string, secret: string) =>
  (await users.ask(anonymous, loginMutation, { input: { email, password: secret } })).data?.login
const eventsFor = async ({ id }: Pick<Person, 'id'>) =>
  (await eventsOf(users.databaseUrl, UserPasswordResetRequested)).filter(({ data }) => data.userId === id)

/** Asks for a new password, and gives the sealed token and the token itself, as the e-mail has it. */
const askToken = async (person: Person) => {
  const before = (await eventsFor(person)).length
  expect(await request(person.email)).toMatchObject({ __typename: 'RequestPasswordResetSuccess' })
  await expect.poll(async () => (await eventsFor(person)).length).toBe(before + 1)
  const { sealedToken = '' } = (await eventsFor(person)).at(-1)?.data ?? {}
  return { sealedToken, token: sealer.open(sealedToken, tokenBoundTo('password-reset', person.id)) }
}
const message = 'This link does not work any more: ask for a new one.'
const invalid = { __typename: 'InvalidToken', message }

it('chooses a new password, ends every session, and signs in', async () => {
  const person = await users.register('Forgetful')
  const { token } = await askToken(person)
  const session = await reset(token, newPassword, twin)
  expect(session).toMatchObject({ __typename: 'Session', user: { id: person.id, email: person.email } })
  expect(await login(person.email, password)).toMatchObject({ __typename: 'InvalidCredentials' })
  expect(await login(person.email, newPassword)).toMatchObject({ __typename: 'Session' })

  const [end, ...more] = (await eventsOf(users.databaseUrl, SessionEnded)).filter(
    ({ data }) => data.userId === person.id,
  )
  expect(end?.data).toMatchObject({ sessionId: null, reason: 'password-changed' })
  expect(more).toEqual([])
  // n.b. what a gateway compares, which refuses a session that began in the millisecond of the end
  const { sessionId } = personOf(tokens.parse(session).accessToken).viewer
  const begunAtMs = Number.parseInt(sessionId.replace('-', '').slice(0, 12), 16)
  expect(begunAtMs).toBeGreaterThan(Date.parse(end?.time ?? ''))
  const alive = await onDatabase(
    users.databaseUrl,
    'select id from sessions where user_id = $1 and ended_at is null order by id limit 1',
    [person.id],
  )
  expect(alive).toEqual([{ id: sessionId }])
})

describe('a token', () => {
  type Made = { readonly person: Person; readonly token: string; readonly sealedToken: string }
  const onTokens = (sql: string, { person }: Made) =>
    onDatabase(users.databaseUrl, `${sql} where user_id = $1`, [person.id])
  const wrong: Readonly<Record<string, (made: Made) => string | Promise<string>>> = {
    nothing: () => '',
    'what is not one': () => 'no token \u0000',
    'a very long one': () => 'x'.repeat(100_000),
    'one that nobody made': () => Buffer.alloc(32, 7).toString('base64url'),
    'one with a character more': ({ token }) => `${token}A`,
    'one with a character less': ({ token }) => token.slice(0, -1),
    'one with spaces around it': ({ token }) => ` ${token} `,
    'one in other cases': ({ token }) => token.toLowerCase(),
    'its hash, as the database has it': ({ token }) => hashOf(token),
    'the sealed one, as the event has it': ({ sealedToken }) => sealedToken,
    'a refresh token': ({ person }) => person.refreshToken,
    'a used one': async ({ token }) => {
      expect(await reset(token, password)).toMatchObject({ __typename: 'Session' })
      return token
    },
    'an expired one': async made => {
      await onTokens(`update one_time_tokens set expires_at = clock_timestamp()`, made)
      return made.token
    },
    'one that a newer request replaced': async ({ person, token }) => {
      await askToken(person)
      return token
    },
    'one of before the password was changed': async ({ person, token }) => {
      const input = { currentPassword: password, newPassword: password }
      const change = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }`
      expect((await users.ask(person.viewer, change, { input })).data?.changePassword).toEqual({
        __typename: 'ChangePasswordSuccess',
      })
      return token
    },
    'one for another purpose': async made => {
      const constraint = 'alter table one_time_tokens drop constraint if exists one_time_tokens_purpose_check'
      await onDatabase(users.databaseUrl, constraint)
      await onTokens(`update one_time_tokens set purpose = 'something else ' || purpose`, made)
      return made.token
    },
  }

  it.each(Object.entries(wrong))('is refused if it is %s', async (_, forge) => {
    const person = await users.register(`Refused${crypto.randomUUID()}`)
    const token = await forge({ person, ...(await askToken(person)) })
    expect(await reset(token)).toEqual(invalid)
    expect(await login(person.email, password)).toMatchObject({ __typename: 'Session' })
  })

  it('is not used up by a weak password', async () => {
    const person = await users.register('Weak')
    const { token } = await askToken(person)
    for (const weak of ['short', 'password123', 'WEAK@people.example'])
      expect(await reset(token, weak)).toMatchObject({ __typename: 'WeakPassword' })
    expect(await reset(token)).toMatchObject({ __typename: 'Session' })
  })

  it('works for exactly one of many that come at once, to two processes', async () => {
    const { token } = await askToken(await users.register('Racing'))
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        reset(token, `${newPassword} ${index}`, index % 2 ? users : twin),
      ),
    )
    const kinds = answers.map(answer => z.object({ __typename: z.string() }).parse(answer).__typename)
    expect(kinds.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'InvalidToken'), 'Session'])
  })

  it('is nowhere in the database but sealed for its user, and works for 30 minutes', async () => {
    const person = await users.register('Sealed')
    const askedAtMs = Date.now()
    const { token, sealedToken } = await askToken(person)
    const kept = await onDatabase(
      users.databaseUrl,
      `select query_to_xml('select * from ' || quote_ident(tablename), true, false, '')::text as rows
       from pg_tables where schemaname = 'public'`,
    )
    expect(JSON.stringify(kept)).toContain(sealedToken)
    expect(JSON.stringify(kept)).not.toContain(token)
    for (const boundTo of [tokenBoundTo('password-reset', crypto.randomUUID()), person.id, ''])
      expect(() => sealer.open(sealedToken, boundTo)).toThrow(SealBroken)
    const expiresAtMs = Date.parse((await eventsFor(person)).at(-1)?.data.expiresAt ?? '')
    expect(Math.abs(expiresAtMs - askedAtMs - 30 * 60_000)).toBeLessThan(60_000)
  })
})

describe('a request', () => {
  it('is answered in the same words by the same statements, and while nobody can look who has the address', async () => {
    const { email } = await users.register('Known')
    const database = await openUsersDatabase(users.databaseUrl)
    onTestFinished(() => database.stop())
    await database.transaction(async manager => {
      await manager.query('lock table users, credentials, one_time_tokens, outbox in access exclusive mode')
      const seen = []
      for (const asked of [email, 'unknown@people.example']) {
        queries.reset()
        const answer = await request(asked)
        seen.push({ answer, statements: queries.statements() })
      }
      expect(seen[0]).toEqual(seen[1])
      expect(seen[0]?.statements).toHaveLength(2)
      expect(seen[0]?.answer).toMatchObject({
        message: expect.stringContaining('If this address has an account'),
      })
    })
  })

  it.each([
    'no address',
    '',
    'ka💩@people.example',
    'a@b\u0000.example',
  ])('is refused if %j is no address', async email => {
    expect(await request(email)).toMatchObject({ __typename: 'InvalidInput', field: 'email' })
  })

  it('is allowed five times an hour for an address, whether it has an account or not, however it is written', async () => {
    const { email } = await users.register('Often')
    const askSixTimes = async (asked: string) => {
      const answers = []
      for (let round = 0; round < 5; round += 1) answers.push(await request(asked, round % 2 ? users : twin))
      return [...answers, await request(` ${asked.toUpperCase()}`)]
    }
    const answers = [await askSixTimes(email), await askSixTimes('never@people.example')]
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => answers[0]?.[0]))
    expect(answers[0]?.[5]).toMatchObject({ __typename: 'TooManyAttempts', retryAfterSeconds: 720 })
  })

  it('is allowed twenty times an hour from a network, of which an IPv6 client has 64 bits', async () => {
    const from = (index: number) => requestFrom(`2001:db8:0:9::${index + 1}`, `${index}@people.example`)
    for (let index = 0; index < 20; index += 1)
      expect(await from(index)).toMatchObject({ __typename: 'RequestPasswordResetSuccess' })
    expect(await from(20)).toMatchObject({ __typename: 'TooManyAttempts', retryAfterSeconds: 180 })
    expect(await requestFrom('2001:db8:0:a::1', '20@people.example')).toMatchObject({
      __typename: 'RequestPasswordResetSuccess',
    })
  })

  it('is answered after a restart, unless it came too long ago', async () => {
    const [late, early] = [await users.register('Late'), await users.register('Early')]
    const [url, ask] = [users.databaseUrl, 'insert into password_reset_requests (email, requested_at) values']
    await onDatabase(url, `${ask} ($1, now() - interval '31 minutes'), ($2, now())`, [
      late.email,
      early.email,
    ])
    const restarted = await runUsers({ databaseUrl: url })
    onTestFinished(restarted.stop)
    await expect.poll(() => eventsFor(early)).toHaveLength(1)
    await expect.poll(() => onDatabase(url, 'select id from password_reset_requests')).toEqual([])
    expect(await eventsFor(late)).toEqual([])
  })
})

it('forgets the wrong passwords for the account', async () => {
  const { email, ...person } = await users.register('Guessed')
  for (let failure = 0; failure < 6; failure += 1) await login(email, 'wrong horse battery')
  expect(await login(email, password)).toMatchObject({ __typename: 'TooManyAttempts' })
  const { token } = await askToken({ email, ...person })
  expect(await reset(token)).toMatchObject({ __typename: 'Session' })
  expect(await login(email, newPassword)).toMatchObject({ __typename: 'Session' })
})
