import { demoOpening, demoUserId } from '@supergraph/demo/demo-shop.ts'
import { EnvironmentError } from '@supergraph/runtime/environment.ts'
import { UserRegistered } from '@supergraph/schema/events/users.ts'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { DemoAccountsFound } from '../server.ts'
import {
  anonymous,
  loginMutation,
  onDatabase,
  ownDatabase,
  runUsers,
  testEnvironment,
  userOf,
} from './users-under-test.ts'

const emails = ['ada', 'grace', 'alan', 'katherine', 'linus', 'staff', 'admin'].map(
  name => `${name}@example.com`,
)
const demo = { DEMO_DATA: 'true' }

const database = async () => {
  const { url, stop } = await ownDatabase()
  onTestFinished(stop)
  return url
}
const run = async (databaseUrl: string, variables: Readonly<Record<string, string>>) => {
  const users = await runUsers({ databaseUrl, variables })
  onTestFinished(users.stop)
  return users
}
it('opens each demo account once, with its event, though two processes start at once and again', async () => {
  const url = await database()
  await Promise.all([run(url, demo), run(url, demo)])
  await run(url, demo)
  expect(await onDatabase(url, 'select id, created_at from users order by id')).toEqual(
    emails
      .map(email => ({ id: demoUserId(email), created_at: demoOpening }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  )
  const outbox = z
    .array(z.object({ envelope: z.unknown() }))
    .parse(await onDatabase(url, 'select envelope from outbox'))
  const events = outbox.map(({ envelope }) => UserRegistered.parse(envelope))
  expect(events.map(({ subject }) => subject).sort()).toEqual(emails.map(demoUserId).sort())
})

it('signs demo people in with the demo password, in their roles, with their addresses', async () => {
  const users = await run(await database(), { ...demo, DEMO_PASSWORD: 'another demo password' })
  const login = (email: string, password: string) =>
    users.ask(anonymous, loginMutation, { input: { email, password } })
  for (const email of emails) {
    const { data } = await login(email, 'another demo password')
    expect(data?.login).toMatchObject({ __typename: 'Session', user: { id: demoUserId(email) } })
  }
  const usual = await login('ada@example.com', 'supergraph-demo')
  expect(usual.data?.login).toMatchObject({ __typename: 'InvalidCredentials' })

  const admin = userOf('ADMIN', demoUserId('admin@example.com'))
  const { data } = await users.ask(
    admin,
    'query ($id: ID!) { me { name role } user(id: $id) { name addresses { country } } }',
    { id: demoUserId('ada@example.com') },
  )
  expect(data).toEqual({
    me: { name: 'Alex Admin', role: 'ADMIN' },
    user: { name: 'Ada Lovelace', addresses: [{ country: 'GB' }, { country: 'GB' }] },
  })
})

it('adds no demo account to a database that has accounts', async () => {
  const url = await database()
  const before = await run(url, {})
  await before.register('Real')
  await run(url, demo)
  expect(await onDatabase(url, 'select email from users')).toEqual([{ email: 'real@people.example' }])
})

it('has no demo account unless it is told to', async () => {
  const users = await run(await database(), {})
  const { data } = await users.ask(anonymous, loginMutation, {
    input: { email: 'admin@example.com', password: 'supergraph-demo' },
  })
  expect(data?.login).toMatchObject({ __typename: 'InvalidCredentials' })
})

it('does not start in production on a database with demo accounts, though only one is left', async () => {
  const url = await database()
  const production = { NODE_ENV: 'production' }
  await run(url, production)
  await run(url, demo)
  await onDatabase(url, 'delete from users where email <> $1', ['ada@example.com'])
  await expect(runUsers({ databaseUrl: url, variables: production })).rejects.toThrow(DemoAccountsFound)
  await onDatabase(url, 'delete from users')
  await run(url, production)
})

it('refuses demo data in production, and a demo password that nobody could choose', () => {
  const url = 'postgres://users:secret@127.0.0.1:5432/users'
  expect(() => testEnvironment(url, { ...demo, NODE_ENV: 'production' })).toThrow(EnvironmentError)
  expect(() => testEnvironment(url, { ...demo, NODE_ENV: 'production' })).toThrow(/DEMO_DATA is not usable/)
  expect(() => testEnvironment(url, { ...demo, DEMO_PASSWORD: 'short' })).toThrow(/DEMO_PASSWORD/)
  expect(testEnvironment(url, { NODE_ENV: 'production' }).DEMO_DATA).toBe(false)
})
