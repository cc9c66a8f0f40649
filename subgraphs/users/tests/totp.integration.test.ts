import { UserTotpChanged } from '@supergraph/schema/events/users.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { openUsersDatabase } from '../database/open.ts'
import { createRecoveryCodes } from '../domain/recovery-code.ts'
import { codeAt, stepAt } from '../domain/totp.ts'
import { deleteExpired } from '../housekeeping/housekeeping.ts'
import {
  type App,
  askTotp,
  challengeFor,
  enable,
  freshCode,
  login,
  registerWithApp,
  signIn,
} from './totp-under-test.ts'
import { anonymous, eventsOf, onDatabase, password, runTwins, tokens } from './users-under-test.ts'

const { users, twin, stop } = await runTwins()
afterAll(stop)

const complete = (challenge: string, code: string, at = users) =>
  askTotp(at, anonymous, 'completeLogin', { challenge, code })
const kindOf = async (answer: ReturnType<typeof askTotp>) => (await answer).__typename
const changesOf = async ({ id }: Pick<App, 'id'>) =>
  (await eventsOf(users.databaseUrl, UserTotpChanged))
    .filter(({ data }) => data.userId === id)
    .map(({ data: { change, recoveryCodesLeft } }) => [change, recoveryCodesLeft])

describe('switching codes on', () => {
  it('gives a secret for the password alone, which changes nothing before the first code', async () => {
    const person = await users.register('Beginner')
    const { viewer, email } = person
    expect(await askTotp(users, viewer, 'enableTotp', { password: 'wrong' })).toMatchObject({
      __typename: 'InvalidCredentials',
    })
    expect(await kindOf(askTotp(users, viewer, 'confirmTotp', { code: '123456' }))).toBe('NoTotp')
    const answer = await askTotp(users, viewer, 'enableTotp', { password })
    expect(answer).toMatchObject({
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      uri: expect.stringContaining(`:${encodeURIComponent(email)}?secret=${answer.secret}&`),
    })
    expect(await login(users, email)).toMatchObject({ __typename: 'Session' })
    const first = await enable(users, person)
    const second = await enable(users, person)
    const [old, wrong] = [codeAt(first, stepAt(new Date())), codeAt(second, 1)]
    for (const code of [old, wrong, ...createRecoveryCodes().slice(0, 1)])
      expect(await kindOf(askTotp(users, viewer, 'confirmTotp', { code }))).toBe('InvalidCode')
    expect(await changesOf(person)).toEqual([])
  })

  it('ends the other sessions with the first code, and tells recovery codes once', async () => {
    const person = await users.register('Safe')
    const other = tokens.parse(await login(users, person.email))
    const secret = await enable(users, person)
    const code = codeAt(secret, stepAt(new Date()))
    const confirmed = await askTotp(users, person.viewer, 'confirmTotp', { code })
    expect(confirmed).toMatchObject({
      __typename: 'ConfirmTotpSuccess',
      endedSessions: 1,
      user: { totpEnabled: true },
      recoveryCodes: Array.from({ length: 10 }, () => expect.any(String)),
    })
    const refresh = `mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { __typename } }`
    const refreshed = await users.ask(anonymous, refresh, { token: other.refreshToken })
    expect(refreshed.data?.refreshSession).toEqual({ __typename: 'InvalidRefreshToken' })
    for (const [name, input] of Object.entries({ enableTotp: { password }, confirmTotp: { code } }))
      expect(await kindOf(askTotp(users, person.viewer, name, input))).toBe('TotpAlreadyEnabled')
    expect(await changesOf(person)).toEqual([['enabled', 10]])
  })

  it('keeps neither the secret nor a recovery code nor a challenge in clear', async () => {
    const app = await registerWithApp(users, 'Secret')
    const challenge = await challengeFor(users, app)
    const kept = JSON.stringify(
      await onDatabase(
        users.databaseUrl,
        `select (select jsonb_agg(t) from totp_secrets t) as a, (select jsonb_agg(t) from recovery_codes t) as b,
           (select jsonb_agg(t) from login_challenges t) as c, (select jsonb_agg(t) from outbox t) as d,
           (select jsonb_agg(t) from audit_entries t) as e`,
      ),
    )
    const encodings = ['hex', 'base64', 'base64url'] as const
    const secrets = [
      ...encodings.map(encoding => app.secret.toString(encoding)),
      challenge,
      ...app.recoveryCodes,
    ]
    expect(
      secrets.filter(secret => kept.includes(secret) || kept.includes(secret.replaceAll('-', ''))),
    ).toEqual([])
    expect(kept).toContain(app.id)
  })
})

describe('signing in with codes', () => {
  it('asks for a code whoever has the password, and tells nobody else', async () => {
    const app = await registerWithApp(users, 'Asked')
    expect(await login(users, app.email)).toMatchObject({
      __typename: 'TotpRequired',
      message: expect.stringContaining('code'),
    })
    const plain = await users.register('Unasked')
    const ask = async (email: string) => {
      const mutation = `mutation ($input: LoginInput!) { login(input: $input) { __typename ... on Failure { message } } }`
      return (await users.ask(anonymous, mutation, { input: { email, password: 'wrong horse' } })).data
    }
    expect(await ask(app.email)).toEqual(await ask(plain.email))
    expect(await complete('none', '123456')).toMatchObject({ __typename: 'InvalidChallenge' })
  })

  it('begins the session once for a challenge and a code, and once for each code', async () => {
    const app = await registerWithApp(users, 'Once')
    const [challenge, another] = [await challengeFor(users, app), await challengeFor(users, app)]
    const code = await freshCode(users, app)
    expect(await kindOf(complete(challenge, codeAt(app.secret, 1)))).toBe('InvalidCode')
    expect(await complete(challenge, `${code.slice(0, 3)} ${code.slice(3)}`)).toMatchObject({
      __typename: 'Session',
      user: { totpEnabled: true },
    })
    expect(await kindOf(complete(another, code))).toBe('InvalidCode')
    expect(await kindOf(complete(challenge, await freshCode(users, app)))).toBe('InvalidChallenge')
    expect(await kindOf(complete(another, code))).toBe('Session')
  })

  it('takes a code once, however many processes get it at once', async () => {
    const app = await registerWithApp(users, 'Racer')
    const challenges = await Promise.all(Array.from({ length: 4 }, () => challengeFor(users, app)))
    const code = await freshCode(users, app)
    const answers = await Promise.all(
      challenges.map((challenge, index) => kindOf(complete(challenge, code, index % 2 ? users : twin))),
    )
    expect(answers.toSorted()).toEqual(['InvalidCode', 'InvalidCode', 'InvalidCode', 'Session'])
    const [recoveryCode = ''] = app.recoveryCodes
    const left = await Promise.all(Array.from({ length: 4 }, () => challengeFor(users, app)))
    const recovered = await Promise.all(
      left.map((challenge, index) => kindOf(complete(challenge, recoveryCode, index % 2 ? users : twin))),
    )
    expect(recovered.toSorted()).toEqual(['InvalidCode', 'InvalidCode', 'InvalidCode', 'Session'])
    expect(await changesOf(app)).toEqual([
      ['enabled', 10],
      ['recovery-code-used', 9],
    ])
  })

  it('takes a challenge once, however many codes come for it at once', async () => {
    const app = await registerWithApp(users, 'Hasty')
    const challenge = await challengeFor(users, app)
    const answers = await Promise.all(
      app.recoveryCodes
        .slice(0, 4)
        .map((code, index) => kindOf(complete(challenge, code, index % 2 ? users : twin))),
    )
    expect(answers.toSorted()).toEqual([...Array(3).fill('InvalidChallenge'), 'Session'])
    expect(await changesOf(app)).toHaveLength(2)
  })

  it('refuses a challenge that has expired, or came with a password that was changed since', async () => {
    const app = await registerWithApp(users, 'Late')
    const [late, changed] = [await challengeFor(users, app), await challengeFor(users, app)]
    const sql = `update login_challenges set expires_at = now() where hash = (
      select hash from login_challenges where user_id = $1 order by expires_at limit 1)`
    await onDatabase(users.databaseUrl, sql, [app.id])
    expect(await kindOf(complete(late, await freshCode(users, app)))).toBe('InvalidChallenge')
    const mutation = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }`
    const input = { currentPassword: password, newPassword: 'another horse battery' }
    await users.ask(app.viewer, mutation, { input })
    expect(await kindOf(complete(changed, await freshCode(users, app)))).toBe('InvalidChallenge')
    const database = await openUsersDatabase(users.databaseUrl)
    await deleteExpired(database, new Date()).finally(() => database.stop())
    const count = 'select count(*)::int as n from login_challenges where user_id = $1'
    expect(await onDatabase(users.databaseUrl, count, [app.id])).toEqual([{ n: 0 }])
  })

  it('takes few guesses, at once or not, and then not even the right code before a while', async () => {
    const app = await registerWithApp(users, 'Guessed')
    const challenge = await challengeFor(users, app)
    const guesses = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        complete(challenge, codeAt(app.secret, index), index % 2 ? users : twin),
      ),
    )
    const kinds = guesses.map(({ __typename }) => __typename)
    expect(kinds.filter(kind => kind === 'InvalidCode').length).toBeLessThanOrEqual(6)
    expect(kinds).toContain('TooManyAttempts')
    expect(await kindOf(complete(challenge, await freshCode(users, app)))).toBe('TooManyAttempts')
    await onDatabase(users.databaseUrl, 'update throttle_counts set blocked_until = now()')
    expect(await kindOf(complete(challenge, await freshCode(users, app)))).toBe('Session')
  })

  it('lets the owner in from a familiar network while somebody with the password guesses elsewhere', async () => {
    const app = await registerWithApp(users, 'Familiar')
    await signIn(users, app)
    const guess = async (address: string, code: string, challenge: string) => {
      const mutation = `mutation ($input: CompleteLoginInput!) { completeLogin(input: $input) { __typename } }`
      return (await users.askFrom(address, mutation, { input: { challenge, code } })).data?.completeLogin
    }
    const challenge = await challengeFor(users, app)
    // n.b. a password makes no network familiar without a code
    await login(users, app.email, '203.0.113.77')
    for (let network = 0; network < 25; network += 1) await guess(`203.0.113.${network}`, '000000', challenge)
    const code = await freshCode(users, app)
    expect(await guess('203.0.113.77', code, challenge)).toEqual({ __typename: 'TooManyAttempts' })
    expect(await guess('198.51.100.4', code, challenge)).toEqual({ __typename: 'Session' })
    const next = await challengeFor(users, app)
    expect(await guess('203.0.113.88', '000000', next)).toEqual({ __typename: 'TooManyAttempts' })
  })
})
