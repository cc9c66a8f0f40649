import { createSealingKey } from '@supergraph/runtime/sealed.ts'
import { UserPasswordResetRequested, UserTotpChanged } from '@supergraph/schema/events/users.ts'
import { tokenBoundTo } from '@supergraph/schema/sealed-token.ts'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { appointAdmin } from '../admins/first-admin.ts'
import { openUsersDatabase } from '../database/open.ts'
import { createPasswords } from '../passwords/passwords.ts'
import { linksOf } from './links.ts'
import {
  type App,
  askTotp,
  challengeFor,
  freshCode,
  login,
  registerWithApp,
  setUp,
  signIn,
} from './totp-under-test.ts'
import {
  anonymous,
  eventsOf,
  onDatabase,
  type Person,
  password,
  personOf,
  runUsers,
  sealer,
  tokens,
  userOf,
} from './users-under-test.ts'

const users = await runUsers()
afterAll(() => users.stop())

const kindOf = async (answer: ReturnType<typeof askTotp>) => (await answer).__typename
const changesOf = async ({ id }: Pick<App, 'id'>) =>
  (await eventsOf(users.databaseUrl, UserTotpChanged))
    .filter(({ data }) => data.userId === id)
    .map(({ data: { change, recoveryCodesLeft } }) => [change, recoveryCodesLeft])
const mutationOf = (field: string, selected = '') =>
  `mutation ($input: ${field.charAt(0).toUpperCase()}${field.slice(1)}Input!) {
    result: ${field}(input: $input) { __typename ${selected} } }`
const makeStaff = (id: string, role = 'STAFF', url = users.databaseUrl) =>
  onDatabase(url, 'update users set role = $2 where id = $1', [id, role])
const auditOf = async (id: string) => {
  const { data } = await users.ask(
    userOf('ADMIN'),
    `query ($id: ID!) { auditLog(filter: { aboutId: $id }) { edges { node {
       act actorId clientAddress reason changes { field before after } } } } }`,
    { id },
  )
  return z
    .object({ edges: z.array(z.object({ node: z.looseObject({ act: z.string() }) })) })
    .parse(data?.auditLog)
    .edges.map(({ node }) => node)
    .toReversed()
}

describe('switching codes off', () => {
  it('takes the password and a code, of either kind', async () => {
    for (const name of ['Off', 'Recovered']) {
      const app = await registerWithApp(users, name)
      const [recoveryCode] = app.recoveryCodes
      const code = name === 'Off' ? await freshCode(users, app) : recoveryCode
      const disable = (input: object) => kindOf(askTotp(users, app.viewer, 'disableTotp', input))
      expect(await disable({ password: 'wrong', code })).toBe('InvalidCredentials')
      expect(await disable({ password, code: '000000' })).toBe('InvalidCode')
      const challenge = await challengeFor(users, app)
      expect(await disable({ password, code })).toBe('DisableTotpSuccess')
      expect(await disable({ password, code })).toBe('NoTotp')
      expect(await login(users, app.email)).toMatchObject({ __typename: 'Session' })
      expect(await kindOf(askTotp(users, anonymous, 'completeLogin', { challenge, code }))).toBe(
        'InvalidChallenge',
      )
      expect(await changesOf(app)).toEqual([
        ['enabled', 10],
        ['disabled', 0],
      ])
      const kept =
        'select from totp_secrets where user_id = $1 union all select from recovery_codes where user_id = $1'
      expect(await onDatabase(users.databaseUrl, kept, [app.id])).toEqual([])
    }
  })

  it('is not done by a new password, nor by an undone change of address: both ask for a code too', async () => {
    const [forgetful, robbed] = [
      await registerWithApp(users, 'Forgetful'),
      await registerWithApp(users, 'Robbed'),
    ]
    await users.ask(anonymous, mutationOf('requestPasswordReset'), { input: { email: forgetful.email } })
    await onDatabase(users.databaseUrl, 'update users set email_verified = true where id = $1', [robbed.id])
    const input = { newEmail: 'thief@people.example', password }
    await users.ask(robbed.viewer, mutationOf('requestEmailChange'), { input })
    for (const [name, purpose] of [
      ['confirmEmailChange', 'email-change'],
      ['undoEmailChange', 'email-change-undo'],
    ] as const) {
      const [link] = await linksOf(users, robbed, purpose)
      const { data } = await users.ask(anonymous, mutationOf(name), { input: { token: link?.token } })
      expect(data?.result).toMatchObject({
        __typename: `${name.charAt(0).toUpperCase()}${name.slice(1)}Success`,
      })
    }
    for (const app of [forgetful, robbed]) {
      const token = await vi.waitFor(async () => {
        const events = await eventsOf(users.databaseUrl, UserPasswordResetRequested)
        const event = events.find(({ data }) => data.userId === app.id)
        return sealer.open(event?.data.sealedToken ?? '', tokenBoundTo('password-reset', app.id))
      })
      const reset = mutationOf('resetPassword', '... on TotpRequired { challenge }')
      const { data } = await users.ask(anonymous, reset, {
        input: { token, newPassword: 'another horse battery' },
      })
      const { challenge } = z.object({ challenge: z.string() }).parse(data?.result)
      const given = { challenge, code: await freshCode(users, app) }
      expect(await kindOf(askTotp(users, anonymous, 'completeLogin', given))).toBe('Session')
    }
  })

  it('is done by an admin for whoever has lost everything, which the owner is told', async () => {
    const app = await registerWithApp(users, 'Lost')
    const admin = userOf('ADMIN')
    const remove = (viewer: Person['viewer'], userId: string) =>
      askTotp(users, viewer, 'removeTotp', { userId, reason: 'showed a passport' })
    await expect(remove(userOf('STAFF'), app.id)).rejects.toThrow('FORBIDDEN')
    expect(await kindOf(remove(admin, crypto.randomUUID()))).toBe('UserNotFound')
    expect(await kindOf(remove(userOf('ADMIN', app.id), app.id))).toBe('InvalidInput')
    expect(await remove(admin, app.id)).toMatchObject({ user: { totpEnabled: false } })
    expect(await kindOf(remove(admin, app.id))).toBe('NoTotp')
    expect(await login(users, app.email)).toMatchObject({ __typename: 'Session' })
    expect(await changesOf(app)).toContainEqual(['disabled', 0])
    expect(await auditOf(app.id)).toEqual([
      {
        act: 'removeTotp',
        actorId: admin.id,
        clientAddress: '198.51.100.4',
        reason: 'showed a passport',
        changes: [{ field: 'totp', before: 'true', after: 'false' }],
      },
    ])
  })

  it('is done by the command that gives an admin another password', async () => {
    const app = await registerWithApp(users, 'Operator')
    const database = await openUsersDatabase(users.databaseUrl)
    onTestFinished(() => database.stop())
    await appointAdmin(database, createPasswords(), { email: app.email, name: 'Operator', password })
    expect(await login(users, app.email)).toMatchObject({ __typename: 'Session' })
    expect(await changesOf(app)).toContainEqual(['disabled', 0])
    const changes = [{ field: 'totp', before: 'true', after: 'false' }]
    expect(await auditOf(app.id)).toContainEqual({
      act: 'admin:create',
      actorId: null,
      clientAddress: null,
      reason: null,
      changes,
    })
  })
})

it('replaces recovery codes for the password and a code', async () => {
  const app = await registerWithApp(users, 'Renewed')
  const [first = '', second = ''] = app.recoveryCodes
  const renewed = await askTotp(users, app.viewer, 'renewRecoveryCodes', { password, code: first })
  const { recoveryCodes } = z.object({ recoveryCodes: z.array(z.string()).length(10) }).parse(renewed)
  expect(recoveryCodes.filter(code => app.recoveryCodes.includes(code))).toEqual([])
  const finish = async (code: string) =>
    kindOf(askTotp(users, anonymous, 'completeLogin', { challenge: await challengeFor(users, app), code }))
  expect(await finish(second)).toBe('InvalidCode')
  expect(await finish(recoveryCodes[9]?.toUpperCase() ?? '')).toBe('Session')
  expect(await changesOf(app)).toEqual([
    ['enabled', 10],
    ['recovery-codes-renewed', 10],
    ['recovery-code-used', 9],
  ])
})

it('writes what staff do to their own second factor into the audit log, and nothing of customers', async () => {
  const customer = await registerWithApp(users, 'Customer')
  const staff = await users.register('Staff')
  await makeStaff(staff.id)
  const app = { ...staff, ...(await setUp(users, staff)) }
  const [first = '', second = ''] = app.recoveryCodes
  const challenge = await challengeFor(users, app)
  expect(await kindOf(askTotp(users, anonymous, 'completeLogin', { challenge, code: first }))).toBe('Session')
  expect(await kindOf(askTotp(users, app.viewer, 'disableTotp', { password, code: second }))).toBe(
    'DisableTotpSuccess',
  )
  const seen = { actorId: staff.id, clientAddress: '198.51.100.4', reason: null }
  expect(await auditOf(staff.id)).toEqual([
    { ...seen, act: 'confirmTotp', changes: [{ field: 'totp', before: 'false', after: 'true' }] },
    { ...seen, act: 'completeLogin', changes: [{ field: 'recoveryCodesLeft', before: null, after: '9' }] },
    { ...seen, act: 'disableTotp', changes: [{ field: 'totp', before: 'true', after: 'false' }] },
  ])
  expect(await auditOf(customer.id)).toEqual([])
})

it('gives staff nothing of the shop before they have a second factor, if they need one', async () => {
  const strict = await runUsers({ variables: { STAFF_TOTP_REQUIRED: 'true' } })
  onTestFinished(() => strict.stop())
  const person = await strict.register('Sam')
  await makeStaff(person.id, 'ADMIN', strict.databaseUrl)
  const { accessToken, refreshToken } = tokens.parse(await login(strict, person.email))
  const { viewer } = personOf(accessToken)
  expect(viewer.scopes).toEqual(['totp:missing'])
  const { errors } = await strict.ask(viewer, '{ users(first: 1) { edges { node { id } } } }')
  expect(errors).toMatchObject([
    { message: expect.stringContaining('enableTotp'), extensions: { code: 'TOTP_REQUIRED' } },
  ])
  const app = { ...person, ...(await setUp(strict, { viewer })) }
  const refresh = `mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { ... on Session { accessToken refreshToken } } }`
  const { data } = await strict.ask(anonymous, refresh, { token: refreshToken })
  for (const token of [tokens.parse(data?.refreshSession), await signIn(strict, app)])
    expect(personOf(token.accessToken).viewer.scopes).toContain('users:manage')
})

it('goes on with a new key before the old one, and without the old one once a code was used', async () => {
  const [before, after] = [createSealingKey(), createSealingKey()]
  const first = await runUsers({ variables: { TOTP_KEYS: before } })
  const { databaseUrl } = first
  const app = await registerWithApp(first, 'Keyed')
  const finish = async (keys: string) => {
    const next = await runUsers({ databaseUrl, variables: { TOTP_KEYS: keys } })
    try {
      const input = { challenge: await challengeFor(next, app), code: await freshCode(next, app) }
      return await kindOf(askTotp(next, anonymous, 'completeLogin', input))
    } finally {
      await next.stop()
    }
  }
  onTestFinished(() => first.stop())
  await expect(finish(after)).rejects.toThrow('INTERNAL_SERVER_ERROR')
  expect(await finish(`${after},${before}`)).toBe('Session')
  expect(await finish(after)).toBe('Session')
})

it('leaves nothing of a second factor behind when the account is deleted', async () => {
  const brief = await runUsers({ variables: { ACCOUNT_DELETION_GRACE_SECONDS: '0' } })
  onTestFinished(() => brief.stop())
  const app = await registerWithApp(brief, 'Leaving')
  await challengeFor(brief, app)
  const left = `select (select count(*) from totp_secrets)::int + (select count(*) from recovery_codes)::int
    + (select count(*) from login_challenges)::int + (select count(*) from outbox where envelope ->> 'type' = $1)::int as n`
  const count = () => onDatabase(brief.databaseUrl, left, [UserTotpChanged.type])
  expect(await count()).toEqual([{ n: 13 }])
  await brief.ask(app.viewer, `mutation { deleteMe(input: { password: "${password}" }) { __typename } }`)
  await expect.poll(count).toEqual([{ n: 0 }])
})
