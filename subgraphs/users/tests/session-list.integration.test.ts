import { SessionEnded } from '@supergraph/schema/events/users.ts'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import {
  anonymous,
  askWith,
  eventsOf,
  identityToken,
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

const query = '{ me { sessions { id network device createdAt lastSeenAt isCurrent } } }'
const listed = z.array(
  z.object({
    id: z.string(),
    network: z.string().nullable(),
    device: z.string().nullable(),
    createdAt: z.string(),
    lastSeenAt: z.string(),
    isCurrent: z.boolean(),
  }),
)
const sessionsOf = async ({ viewer }: Pick<Person, 'viewer'>) =>
  z.object({ sessions: listed }).parse((await users.ask(viewer, query)).data?.me).sessions
const end = async ({ viewer }: Pick<Person, 'viewer'>, sessionId: string, at = users) =>
  at.ask(
    viewer,
    'mutation ($id: ID!) { endSession(input: { sessionId: $id }) { ... on EndSessionSuccess { endedSessions } } }',
    { id: sessionId },
  )
const ended = async (...parameters: Parameters<typeof end>) => (await end(...parameters)).data?.endSession
const loginFrom = async (address: string, { email }: Person) => {
  const token = await identityToken(anonymous, 'users', address, 'Firefox on Windows')
  return tokens.parse(
    (await askWith(users.url, token, loginMutation, { input: { email, password } })).data?.login,
  )
}
const refresh = async (refreshToken: string) =>
  (
    await users.ask(
      anonymous,
      'mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { __typename } }',
      { token: refreshToken },
    )
  ).data?.refreshSession

it('tells a user where they are signed in, the last used first, and which session asks', async () => {
  const person = await users.register('Listed')
  const elsewhere = personOf((await loginFrom('2001:db8:1:2:3::4', person)).accessToken)
  const sessions = await sessionsOf(person)
  expect(sessions.map(({ createdAt, lastSeenAt, ...session }) => session)).toEqual([
    {
      id: elsewhere.viewer.sessionId,
      network: '2001:db8:1:2::/64',
      device: 'Firefox on Windows',
      isCurrent: false,
    },
    { id: person.viewer.sessionId, network: null, device: null, isCurrent: true },
  ])
  expect(await refresh(person.refreshToken)).toMatchObject({ __typename: 'Session' })
  expect((await sessionsOf(person))[0]?.id).toBe(person.viewer.sessionId)
})

it('ends one of them and announces that, and the others stay', async () => {
  const person = await users.register('Ending')
  const elsewhere = await loginFrom('192.0.2.7', person)
  const { sessionId } = personOf(elsewhere.accessToken).viewer
  expect(await ended(person, sessionId, twin)).toEqual({ endedSessions: 1 })
  expect(await ended(person, sessionId)).toEqual({ endedSessions: 0 })
  expect((await sessionsOf(person)).map(({ id }) => id)).toEqual([person.viewer.sessionId])
  expect(await refresh(elsewhere.refreshToken)).toMatchObject({ __typename: 'InvalidRefreshToken' })
  expect(await refresh(person.refreshToken)).toMatchObject({ __typename: 'Session' })
  const ends = (await eventsOf(users.databaseUrl, SessionEnded)).filter(
    ({ data }) => data.userId === person.id,
  )
  expect(ends.map(({ data }) => [data.sessionId, data.reason])).toEqual([[sessionId, 'logout']])
})

it('answers for the session of somebody else as for none, and leaves it', async () => {
  const [person, stranger] = [await users.register('Owner'), await users.register('Stranger')]
  const none = await end(stranger, crypto.randomUUID())
  for (const id of [person.viewer.sessionId, 'none', '', '\u0000'])
    expect((await end(stranger, id)).data).toEqual(none.data)
  expect(
    await ended({ viewer: userOf('ADMIN', stranger.id, stranger.viewer.sessionId) }, person.viewer.sessionId),
  ).toEqual({ endedSessions: 0 })
  expect(await refresh(person.refreshToken)).toMatchObject({ __typename: 'Session' })
})

it('ends nothing for a session that has ended itself, or for nobody', async () => {
  const person = await users.register('Gone')
  const elsewhere = personOf((await loginFrom('192.0.2.8', person)).accessToken)
  expect(await ended(person, person.viewer.sessionId)).toEqual({ endedSessions: 1 })
  expect((await end(person, elsewhere.viewer.sessionId)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  const mutation = `mutation { endSession(input: { sessionId: "${elsewhere.viewer.sessionId}" }) { __typename } }`
  const { errors } = await askWith(users.url, await identityToken(anonymous), mutation)
  expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
})

it('shows no session that can not be gone on with', async () => {
  const person = await users.register('Old')
  const sql = `update sessions set last_used_at = last_used_at - interval '30 days' where user_id = $1`
  await onDatabase(users.databaseUrl, sql, [person.id])
  expect(await sessionsOf(person)).toEqual([])
})
