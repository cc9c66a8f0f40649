import { SessionEnded } from '@supergraph/schema/events/users.ts'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { startProcess } from '../../../testbed/processes.ts'
import { openUsersDatabase } from '../database/open.ts'
import { hashOf, successorOf } from '../domain/refresh-token.ts'
import { deleteExpired } from '../housekeeping/housekeeping.ts'
import {
  anonymous,
  askWith,
  eventsOf,
  identityToken,
  onDatabase,
  personOf,
  runTwins,
  runUsers,
  testVariables,
  tokens,
} from './users-under-test.ts'

const { users, twin, stop } = await runTwins()
afterAll(stop)

const mutation = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) { __typename ... on Session { accessToken refreshToken } }
}`
const ask = (refreshToken: string, idempotencyKey?: string | null, at = users) =>
  at.ask(anonymous, mutation, { input: { refreshToken, idempotencyKey } })
const refresh = async (...parameters: Parameters<typeof ask>) =>
  (await ask(...parameters)).data?.refreshSession
const refreshed = async (...parameters: Parameters<typeof ask>) => tokens.parse(await refresh(...parameters))
const endsOf = async (userId: string) =>
  (await eventsOf(users.databaseUrl, SessionEnded)).filter(({ data }) => data.userId === userId)
const letTimePass = (seconds: number) =>
  onDatabase(
    users.databaseUrl,
    `update refresh_tokens set used_at = used_at - make_interval(secs => $1) where used_at is not null`,
    [seconds],
  )
const saltOf = async (token: string) =>
  z
    .array(z.object({ salt: z.string().nullable() }))
    .parse(
      await onDatabase(
        users.databaseUrl,
        'select successor_salt as salt from refresh_tokens where hash = $1',
        [hashOf(token)],
      ),
    )[0]?.salt
const dead = { __typename: 'InvalidRefreshToken' }
const newKey = () => crypto.randomUUID()
const register = () => users.register(`Lost${crypto.randomUUID()}`)

describe('a client that has lost the answer to refreshSession', () => {
  it('gets the same successor again, in another process too, and goes on with it', async () => {
    const person = await register()
    const key = newKey()
    const first = await refreshed(person.refreshToken, key)
    const second = await refreshed(person.refreshToken, key, twin)
    const third = await refreshed(person.refreshToken, key)
    expect([second.refreshToken, third.refreshToken]).toEqual([first.refreshToken, first.refreshToken])
    expect(personOf(second.accessToken)).toEqual({ id: person.id, viewer: person.viewer })
    expect(await refresh(first.refreshToken, newKey())).toMatchObject({ __typename: 'Session' })
    expect(await endsOf(person.id)).toEqual([])
  })

  it('gets it from another process if the one that spent its token is gone', async () => {
    const person = await register()
    const key = newKey()
    const doomed = await runUsers({ databaseUrl: users.databaseUrl })
    const lost = await refreshed(person.refreshToken, key, doomed)
    await doomed.stop()
    expect((await refreshed(person.refreshToken, key)).refreshToken).toBe(lost.refreshToken)
  })

  it('gets it after a kill -9 between the commit and the answer', async () => {
    const person = await register()
    const key = newKey()
    const doomed = startProcess(
      ['subgraphs/users/tests/users-process.fixture.ts'],
      testVariables(users.databaseUrl),
    )
    onTestFinished(async () => void (await doomed.end('SIGKILL')))
    const url = (await doomed.waitFor(/http\S+/)).trim()
    const token = await identityToken(anonymous)
    const database = await openUsersDatabase(users.databaseUrl)
    onTestFinished(() => database.stop())
    const spent = 'select from refresh_tokens where hash = $1 and used_at is not null'
    const answers = await Promise.allSettled(
      Array.from({ length: 200 }, () =>
        askWith(url, token, mutation, { input: { refreshToken: person.refreshToken, idempotencyKey: key } }),
      ).concat(
        expect
          .poll(() => database.query(spent, [hashOf(person.refreshToken)]), { interval: 1 })
          .toHaveLength(1)
          .then(() => doomed.end('SIGKILL'))
          .then(() => Promise.reject(new Error('killed'))),
      ),
    )
    expect(answers.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(1)
    const { refreshToken } = await refreshed(person.refreshToken, key)
    for (const answer of answers) {
      if (answer.status === 'rejected') continue
      expect(tokens.parse(answer.value.data?.refreshSession).refreshToken).toBe(refreshToken)
    }
    expect(await refresh(refreshToken, newKey())).toMatchObject({ __typename: 'Session' })
  })

  it('gets it from all of 20 requests at once to two processes, and one token is alive', async () => {
    const person = await register()
    const key = newKey()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => refreshed(person.refreshToken, key, index % 2 ? users : twin)),
    )
    expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    const living = `select hash from refresh_tokens where session_id = $1 and used_at is null`
    expect(await onDatabase(users.databaseUrl, living, [person.viewer.sessionId])).toHaveLength(1)
  })

  it('gets it for 30 seconds', async () => {
    const person = await register()
    const key = newKey()
    const { refreshToken } = await refreshed(person.refreshToken, key)
    await letTimePass(25)
    expect((await refreshed(person.refreshToken, key)).refreshToken).toBe(refreshToken)
    await letTimePass(6)
    expect(await refresh(person.refreshToken, key)).toMatchObject(dead)
    expect(await refresh(refreshToken, newKey())).toMatchObject(dead)
  })

  it('may lose one answer after another', async () => {
    let { refreshToken } = await register()
    for (let round = 0; round < 3; round += 1) {
      const key = newKey()
      await refreshed(refreshToken, key)
      refreshToken = (await refreshed(refreshToken, key)).refreshToken
    }
  })
})

describe('a stranger who has a spent token ends its session, and gets nothing', () => {
  it.each([
    ['without a key', undefined],
    ['with no key', null],
    ['with a key of their own', newKey()],
    ['with a very long key', 'x'.repeat(200)],
  ])('%s', async (_, strange) => {
    const person = await register()
    const { refreshToken } = await refreshed(person.refreshToken, newKey())
    expect(await refresh(person.refreshToken, strange)).toMatchObject(dead)
    expect(await refresh(refreshToken, newKey())).toMatchObject(dead)
    expect((await endsOf(person.id)).map(({ data }) => data.reason)).toEqual(['token-reused'])
  })

  it('with the right key, once the successor was used', async () => {
    const person = await register()
    const key = newKey()
    const { refreshToken } = await refreshed(person.refreshToken, key)
    const { refreshToken: last } = await refreshed(refreshToken, newKey())
    expect(await refresh(person.refreshToken, key)).toMatchObject(dead)
    expect(await refresh(last)).toMatchObject(dead)
  })

  it('with the key of another token', async () => {
    const [person, other] = [await register(), await register()]
    const key = newKey()
    await refreshed(other.refreshToken, key)
    await refreshed(person.refreshToken, newKey())
    expect(await refresh(person.refreshToken, key)).toMatchObject(dead)
    expect(await refresh(other.refreshToken, key)).toMatchObject({ __typename: 'Session' })
  })

  it('with a key, if the first use had none', async () => {
    const person = await register()
    await refreshed(person.refreshToken)
    expect(await refresh(person.refreshToken, newKey())).toMatchObject(dead)
  })

  it('after the session has ended', async () => {
    const person = await register()
    const key = newKey()
    const { refreshToken } = await refreshed(person.refreshToken, key)
    await users.ask(
      anonymous,
      `mutation { logout(input: { refreshToken: "${refreshToken}" }) { __typename } }`,
    )
    expect(await refresh(person.refreshToken, key)).toMatchObject(dead)
  })
})

it.each(['', 'short', 'x'.repeat(21), 'x'.repeat(201)])('spends nothing for the key "%s"', async key => {
  const person = await register()
  const { errors } = await ask(person.refreshToken, key)
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining('22 to 200 characters'),
    extensions: { code: 'BAD_USER_INPUT' },
  })
  expect(await refresh(person.refreshToken, newKey())).toMatchObject({ __typename: 'Session' })
})

it('keeps neither keys nor tokens, and what a successor is made with only while it may be asked for', async () => {
  const person = await register()
  const key = newKey()
  const { refreshToken } = await refreshed(person.refreshToken, key)
  const salt = await saltOf(person.refreshToken)
  expect(successorOf(person.refreshToken, key, salt ?? '').refreshToken).toBe(refreshToken)
  const stored = JSON.stringify(await onDatabase(users.databaseUrl, 'select * from refresh_tokens'))
  for (const secret of [key, person.refreshToken, refreshToken]) expect(stored).not.toContain(secret)

  await refreshed(refreshToken, newKey())
  expect(await saltOf(person.refreshToken)).toBeNull()
  expect(await saltOf(refreshToken)).toEqual(expect.any(String))
  const database = await openUsersDatabase(users.databaseUrl)
  onTestFinished(() => database.stop())
  await deleteExpired(database, new Date(Date.now() + 31_000))
  expect(await saltOf(refreshToken)).toBeNull()
})
