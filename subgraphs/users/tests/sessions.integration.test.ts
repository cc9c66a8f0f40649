import { SessionEnded } from '@supergraph/schema/events/users.ts'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { openUsersDatabase } from '../database/open.ts'
import { lockUser } from '../database/user-store.ts'
import {
  anonymous,
  eventsOf,
  loginMutation,
  onDatabase,
  type Person,
  password,
  personOf,
  runTwins,
  tokens,
  userOf,
} from './users-under-test.ts'

const { users, twin, stop } = await runTwins()
afterAll(stop)

const refreshMutation = `mutation ($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) {
    __typename
    ... on Session { accessToken refreshToken user { id email } }
    ... on Failure { message }
  }
}`
const refresh = async (refreshToken: string, at = users) =>
  (await at.ask(anonymous, refreshMutation, { refreshToken })).data?.refreshSession
const refreshed = async (refreshToken: string) => tokens.parse(await refresh(refreshToken))
const logout = async (refreshToken: string) =>
  (
    await users.ask(
      anonymous,
      `mutation ($refreshToken: String!) {
        logout(input: { refreshToken: $refreshToken }) { ... on LogoutSuccess { endedSessions } }
      }`,
      { refreshToken },
    )
  ).data?.logout
const login = async ({ email }: Pick<Person, 'email'>, secret = password) =>
  (await users.ask(anonymous, loginMutation, { input: { email, password: secret } })).data?.login
const signedIn = async (person: Pick<Person, 'email'>, secret = password) => {
  const session = tokens.parse(await login(person, secret))
  return { ...session, ...personOf(session.accessToken) }
}
const endsOf = async (userId: string) =>
  (await eventsOf(users.databaseUrl, SessionEnded))
    .filter(({ data }) => data.userId === userId)
    .map(({ data: { sessionId, reason } }) => ({ sessionId, reason }))
const dead = { __typename: 'InvalidRefreshToken' }
const changeMutation = `mutation ($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    __typename
    ... on ChangePasswordSuccess { endedSessions user { id email } }
  }
}`
const everywhereMutation = `mutation ($exceptThis: Boolean!) {
  logoutEverywhere(input: { exceptThis: $exceptThis }) { ... on LogoutEverywhereSuccess { endedSessions } }
}`
const roleMutation = `mutation ($userId: ID!, $role: Role!) {
  setUserRole(input: { userId: $userId, role: $role }) {
    __typename
    ... on SetUserRoleSuccess { user { id role } }
  }
}`

describe('a refresh token', () => {
  it('gives the next tokens of the same session, in any process', async () => {
    const ada = await users.register('Ada')
    const next = tokens.parse(await refresh(ada.refreshToken, twin))
    expect(personOf(next.accessToken)).toEqual({ id: ada.id, viewer: ada.viewer })
    const last = await refresh(next.refreshToken)
    expect(last).toMatchObject({ __typename: 'Session', user: { id: ada.id, email: ada.email } })
    expect(new Set([ada.refreshToken, next.refreshToken, tokens.parse(last).refreshToken]).size).toBe(3)
  })

  it('is 256 random bits, of which the database holds only a hash', async () => {
    const { refreshToken } = await users.register('Hashed')
    expect(Buffer.from(refreshToken, 'base64url')).toHaveLength(32)
    const stored = JSON.stringify(await onDatabase(users.databaseUrl, 'select * from refresh_tokens'))
    expect(stored).not.toContain(refreshToken)
  })

  it('that comes back ends its whole session, the unused tokens too, and no other session', async () => {
    const person = await users.register('Robbed')
    const elsewhere = await signedIn(person)
    const second = await refreshed(person.refreshToken)
    const third = await refreshed(second.refreshToken)
    expect(await refresh(person.refreshToken)).toMatchObject(dead)
    expect(await refresh(third.refreshToken)).toMatchObject(dead)
    expect(await endsOf(person.id)).toEqual([{ sessionId: person.viewer.sessionId, reason: 'token-reused' }])
    expect(await refresh(elsewhere.refreshToken)).toMatchObject({ __typename: 'Session' })
  })

  it('sent 20 times at once to two processes leaves no live child beside another', async () => {
    const person = await users.register('Raced')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => refresh(person.refreshToken, index % 2 ? users : twin)),
    )
    const winners = answers.flatMap(answer => tokens.safeParse(answer).data ?? [])
    expect(winners).toHaveLength(1)
    expect(await onDatabase(users.databaseUrl, living, [person.id])).toEqual([])
    for (const { refreshToken } of winners) expect(await refresh(refreshToken)).toMatchObject(dead)
    expect(await endsOf(person.id)).toHaveLength(1)
  })

  it('can not be used after 30 days, and then does no harm', async () => {
    const person = await users.register('Late')
    await onDatabase(
      users.databaseUrl,
      `update refresh_tokens set expires_at = expires_at - interval '30 days'
       from sessions where sessions.id = session_id and user_id = $1`,
      [person.id],
    )
    expect(await refresh(person.refreshToken)).toMatchObject(dead)
    expect(await endsOf(person.id)).toEqual([])
  })

  it('that is unknown, spent with its session or nonsense is answered alike', async () => {
    const person = await users.register('Alike')
    await logout(person.refreshToken)
    const nonsense = ['', 'A'.repeat(43), '\u0000', 'x'.repeat(10_000), "' or true --"]
    const answers = await Promise.all([person.refreshToken, ...nonsense].map(token => refresh(token)))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(answers[0]).toMatchObject(dead)
  })

  const living = `select hash from refresh_tokens join sessions on sessions.id = session_id
                  where user_id = $1 and ended_at is null and used_at is null`
})

describe('logout', () => {
  it('ends the session once, says so in an event, and tells nothing of an unknown token', async () => {
    const person = await users.register('Leaving')
    const { refreshToken } = await refreshed(person.refreshToken)
    expect(await logout(refreshToken)).toEqual({ endedSessions: 1 })
    expect(await logout(refreshToken)).toEqual({ endedSessions: 0 })
    expect(await logout('unknown')).toEqual({ endedSessions: 0 })
    expect(await refresh(refreshToken)).toMatchObject(dead)
    expect(await endsOf(person.id)).toEqual([{ sessionId: person.viewer.sessionId, reason: 'logout' }])
  })

  it('everywhere ends every session of the user in one event, or all but this with an event each', async () => {
    const [person, stranger] = [await users.register('Everywhere'), await users.register('Stranger')]
    const here = await signedIn(person)
    const kept = await users.ask(here.viewer, everywhereMutation, { exceptThis: true })
    expect(kept.data?.logoutEverywhere).toEqual({ endedSessions: 1 })
    expect(await endsOf(person.id)).toEqual([{ sessionId: person.viewer.sessionId, reason: 'logout' }])

    const next = await refreshed(here.refreshToken)
    await signedIn(person)
    const all = await users.ask(here.viewer, everywhereMutation, { exceptThis: false })
    expect(all.data?.logoutEverywhere).toEqual({ endedSessions: 2 })
    expect((await endsOf(person.id)).at(-1)).toEqual({ sessionId: null, reason: 'logout' })
    expect(await refresh(next.refreshToken)).toMatchObject(dead)
    expect(await refresh(stranger.refreshToken)).toMatchObject({ __typename: 'Session' })
  })
})

it("announces an end apart from the user's other events, so that it waits for none of them", async () => {
  const person = await users.register('Apart')
  const here = await signedIn(person)
  await logout(person.refreshToken)
  for (let round = 0; round < 2; round += 1) {
    const { viewer } = round === 0 ? here : await signedIn(person)
    await users.ask(viewer, everywhereMutation, { exceptThis: false })
  }
  const ends = (await eventsOf(users.databaseUrl, SessionEnded)).filter(
    ({ data }) => data.userId === person.id,
  )
  const subjects = ends.map(({ subject }) => subject)
  expect(subjects[0]).toBe(person.viewer.sessionId)
  expect(new Set([...subjects, person.id]).size).toBe(4)
})

it("begins and ends sessions by the database's clock, whatever the clock of the process says", async () => {
  const nowMs = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs + 60 * 60 * 1_000 })
  onTestFinished(() => void vi.useRealTimers())
  const person = await users.register('Clock')
  const here = await signedIn(person)
  await logout(person.refreshToken)
  await users.ask(here.viewer, everywhereMutation, { exceptThis: false })
  const ends = (await eventsOf(users.databaseUrl, SessionEnded)).filter(
    ({ data }) => data.userId === person.id,
  )
  const begun = [person, here].map(({ viewer: { sessionId } }) =>
    Number.parseInt(sessionId.replace('-', '').slice(0, 12), 16),
  )
  const timesMs = [...begun, ...ends.map(({ time }) => Date.parse(time))]
  expect(timesMs).toEqual(timesMs.toSorted((a, b) => a - b))
  for (const timeMs of timesMs) expect(Math.abs(timeMs - nowMs)).toBeLessThan(60_000)
  expect(timesMs).toHaveLength(4)
})

describe('changePassword', () => {
  it('takes the new password, ends the other sessions and keeps this one', async () => {
    const person = await users.register('Changing')
    const here = await signedIn(person)
    const input = { currentPassword: password, newPassword: 'another horse battery' }
    const { data } = await users.ask(here.viewer, changeMutation, { input })
    expect(data?.changePassword).toEqual({
      __typename: 'ChangePasswordSuccess',
      endedSessions: 1,
      user: { id: person.id, email: person.email },
    })
    expect(await login(person)).toMatchObject({ __typename: 'InvalidCredentials' })
    expect(await login(person, input.newPassword)).toMatchObject({ __typename: 'Session' })
    expect(await refresh(person.refreshToken)).toMatchObject(dead)
    expect(await refresh(here.refreshToken)).toMatchObject({ __typename: 'Session' })
    const { sessionId } = person.viewer
    expect(await endsOf(person.id)).toEqual([{ sessionId, reason: 'password-changed' }])
  })

  it.each([
    ['InvalidCredentials', { currentPassword: 'wrong horse battery', newPassword: 'another horse battery' }],
    ['WeakPassword', { currentPassword: password, newPassword: 'password123' }],
    ['WeakPassword', { currentPassword: password, newPassword: 'STEADFAST@people.example' }],
  ])('answers %s and changes nothing', async (kind, input) => {
    const person = { email: 'steadfast@people.example' }
    if (!tokens.safeParse(await login(person)).success) await users.register('Steadfast')
    const here = await signedIn(person)
    const { data } = await users.ask(here.viewer, changeMutation, { input })
    expect(data?.changePassword).toEqual({ __typename: kind })
    expect(await refresh(here.refreshToken)).toMatchObject({ __typename: 'Session' })
    expect(await endsOf(here.id)).toEqual([])
  })

  it('leaves no session of the old password, even if somebody signs in with it meanwhile', async () => {
    const person = await users.register('Contended')
    const other = await users.register('Lender')
    const database = await openUsersDatabase(users.databaseUrl)
    onTestFinished(() => database.stop())
    const waiting = `select 1 from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'`
    const { answer } = await database.transaction(async manager => {
      await lockUser(manager, person.id)
      const answer = login(person)
      // n.b. at this moment its password has been found right
      await expect.poll(() => database.query(waiting)).toHaveLength(1)
      const to = `(select password_hash from credentials where user_id = $2)`
      await manager.query(`update credentials set password_hash = ${to} where user_id = $1`, [
        person.id,
        other.id,
      ])
      return { answer }
    })
    expect(await answer).toMatchObject({ __typename: 'InvalidCredentials' })
  })
})

describe('setUserRole', () => {
  const admin = userOf('ADMIN')
  const setRole = (userId: string, role: string, viewer: Parameters<typeof users.ask>[0] = admin) =>
    users.ask(viewer, roleMutation, { userId, role })

  it('gives other scopes from the next sign-in on, and ends the earlier sessions', async () => {
    const person = await users.register('Promoted')
    const { data } = await setRole(person.id, 'STAFF')
    expect(data?.setUserRole).toEqual({
      __typename: 'SetUserRoleSuccess',
      user: { id: person.id, role: 'STAFF' },
    })
    expect(await endsOf(person.id)).toEqual([{ sessionId: null, reason: 'role-changed' }])
    expect(await refresh(person.refreshToken)).toMatchObject(dead)
    expect((await signedIn(person)).viewer.scopes).toEqual(userOf('STAFF').scopes)
  })

  it('ends nothing if the role is the same', async () => {
    const person = await users.register('Same')
    await setRole(person.id, 'CUSTOMER')
    expect(await endsOf(person.id)).toEqual([])
    expect(await refresh(person.refreshToken)).toMatchObject({ __typename: 'Session' })
  })

  it.each([[crypto.randomUUID()], ['not-an-id']])('knows no user %s', async id => {
    expect((await setRole(id, 'STAFF')).data?.setUserRole).toEqual({ __typename: 'UserNotFound' })
  })

  it.each([
    ['UNAUTHENTICATED', anonymous],
    ['FORBIDDEN', userOf('CUSTOMER')],
    ['FORBIDDEN', userOf('STAFF')],
    ['FORBIDDEN', { kind: 'service', name: 'orders', scopes: ['users:manage'] }],
  ] as const)('answers %s to anyone but an admin', async (code, viewer) => {
    const person = await users.register(`Kept${crypto.randomUUID()}`)
    const { errors } = await setRole(person.id, 'ADMIN', viewer)
    expect(errors?.[0]?.extensions.code).toBe(code)
    expect(await refresh(person.refreshToken)).toMatchObject({ __typename: 'Session' })
  })

  it('leaves one admin when two processes take the role from all admins at once', async () => {
    const people = await Promise.all(['One', 'Two', 'Three'].map(users.register))
    for (const { id } of people) await setRole(id, 'ADMIN')
    const answers = await Promise.all(
      people.map(({ id }, index) =>
        (index % 2 ? users : twin).ask(admin, roleMutation, { userId: id, role: 'STAFF' }),
      ),
    )
    const kind = z.object({ __typename: z.string() })
    const kinds = answers.map(({ data }) => kind.parse(data?.setUserRole).__typename)
    expect(kinds.sort()).toEqual(['LastAdmin', 'SetUserRoleSuccess', 'SetUserRoleSuccess'])
    const admins = await onDatabase(users.databaseUrl, `select id from users where role = 'ADMIN'`)
    expect(admins).toHaveLength(1)
  })

  it('can not be undone by the admin who lost the role, with an earlier access token', async () => {
    const [fallen, other] = [await users.register('Fallen'), await users.register('Other')]
    for (const { id } of [fallen, other]) await setRole(id, 'ADMIN')
    const { viewer } = await signedIn(fallen)
    await setRole(fallen.id, 'CUSTOMER')
    expect(viewer.scopes).toContain('users:manage')
    const { errors } = await setRole(fallen.id, 'ADMIN', viewer)
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })
})

it.each([
  ['logoutEverywhere', everywhereMutation, { exceptThis: false }],
  ['changePassword', changeMutation, { input: { currentPassword: password, newPassword: 'another horse' } }],
])('%s is for a user in a session that lives', async (_, mutation, variables) => {
  const person = await users.register(`Ended${crypto.randomUUID()}`)
  await logout(person.refreshToken)
  for (const viewer of [anonymous, { kind: 'service', name: 'orders', scopes: [] } as const, person.viewer]) {
    const { errors } = await users.ask(viewer, mutation, variables)
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  }
})
