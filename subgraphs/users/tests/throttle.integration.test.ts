import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { openUsersDatabase } from '../database/open.ts'
import { deleteExpired } from '../housekeeping/housekeeping.ts'
import { anonymous, loginMutation, onDatabase, password, runUsers } from './users-under-test.ts'

let users: Awaited<ReturnType<typeof runUsers>>
let twin: Awaited<ReturnType<typeof runUsers>>
beforeAll(async () => {
  users = await runUsers()
  twin = await runUsers({ databaseUrl: users.databaseUrl })
})
afterAll(async () => {
  await twin.stop()
  await users.stop()
})

const answer = z.object({ __typename: z.string(), retryAfterSeconds: z.number().optional() })
const login = async (email: string, secret: string, at = users) => {
  const { data } = await at.ask(anonymous, loginMutation, { input: { email, password: secret } })
  return answer.parse(data?.login)
}
const loginFrom = async (address: string, email: string, secret: string) => {
  const { data } = await users.askFrom(address, loginMutation, { input: { email, password: secret } })
  return answer.parse(data?.login)
}
/** Lets the time pass that everyone must wait, and no more. */
const wait = () => onDatabase(users.databaseUrl, 'update login_attempts set blocked_until = now()')
const wrong = 'wrong horse battery'
const failFive = async (email: string) => {
  for (let failure = 0; failure < 5; failure += 1) await login(email, wrong, failure % 2 ? users : twin)
}

it.each([
  ['an account', 'known@people.example'],
  ['an address that has no account', 'unknown@people.example'],
  ['nonsense', 'no address \u0000'],
])('makes %s wait for longer and longer after five wrong passwords, in every process', async (_, email) => {
  if (email.startsWith('known')) await users.register('Known')
  await failFive(email)
  const answers = []
  for (let round = 0; round < 4; round += 1) {
    answers.push(await login(email, wrong), await login(email, password, twin))
    await wait()
  }
  const waits = answers.filter(({ __typename }) => __typename === 'TooManyAttempts')
  expect(answers.map(({ __typename }) => __typename)).toEqual(
    Array.from({ length: 4 }, () => ['InvalidCredentials', 'TooManyAttempts']).flat(),
  )
  expect(waits.map(({ retryAfterSeconds }) => retryAfterSeconds)).toEqual([1, 2, 4, 8])
})

it('forgets the wrong passwords for an account once the right one comes', async () => {
  const { email } = await users.register('Forgiven')
  for (let round = 0; round < 2; round += 1) {
    await failFive(email)
    expect(await login(email, password)).toMatchObject({ __typename: 'Session' })
  }
})

it('counts an e-mail address however it is written', async () => {
  const { email } = await users.register('Written')
  await failFive(email)
  await login(` ${email.toUpperCase()}`, wrong)
  expect(await login(email, password)).toMatchObject({ __typename: 'TooManyAttempts' })
})

it('looks at few of many passwords that come at once, to two processes', async () => {
  const { email } = await users.register('Flooded')
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => login(email, wrong, index % 2 ? users : twin)),
  )
  const looked = answers.filter(({ __typename }) => __typename === 'InvalidCredentials')
  // n.b. each process checks four passwords at a time: the checks under way when the sixth fails still answer
  expect(looked.length).toBeGreaterThanOrEqual(5)
  expect(looked.length).toBeLessThanOrEqual(6 + 2 * 4)
  expect(await login(email, password)).toMatchObject({ __typename: 'TooManyAttempts' })
})

it('signs in everyone who has the right password, however many come at once', async () => {
  const { email } = await users.register('Popular')
  const answers = await Promise.all(Array.from({ length: 30 }, () => loginFrom('192.0.2.1', email, password)))
  for (const { __typename } of answers) expect(__typename).toBe('Session')
})

it('makes a client wait that tries one account after another, and no client of another network', async () => {
  const { email } = await users.register('Sprayed')
  const clients = ['2001:db8:0:7::1', '2001:db8:0:7:ffff::2'] as const
  for (let failure = 0; failure < 21; failure += 1) {
    const { __typename } = await loginFrom(clients[failure % 2] ?? '', `${failure}@people.example`, wrong)
    expect(__typename).toBe('InvalidCredentials')
  }
  for (const client of clients) {
    expect(await loginFrom(client, email, password)).toMatchObject({ __typename: 'TooManyAttempts' })
  }
  expect(await loginFrom('2001:db8:0:8::1', email, password)).toMatchObject({ __typename: 'Session' })
  await wait()
  expect(await loginFrom(clients[0], email, password)).toMatchObject({ __typename: 'Session' })
})

it('counts wrong current passwords of changePassword by themselves', async () => {
  const { email, viewer } = await users.register('Guessed')
  await failFive(email)
  await login(email, wrong)
  expect(await login(email, password)).toMatchObject({ __typename: 'TooManyAttempts' })
  const change = async (currentPassword: string) => {
    const input = { currentPassword, newPassword: 'another horse battery' }
    const { data } = await users.ask(
      viewer,
      `mutation ($input: ChangePasswordInput!) {
        changePassword(input: $input) { __typename ... on TooManyAttempts { retryAfterSeconds } }
      }`,
      { input },
    )
    return data?.changePassword
  }
  for (let failure = 0; failure < 6; failure += 1) {
    expect(await change(wrong)).toEqual({ __typename: 'InvalidCredentials' })
  }
  expect(await change(password)).toEqual({ __typename: 'TooManyAttempts', retryAfterSeconds: 1 })
  expect(await loginFrom('192.0.2.44', email, password)).toMatchObject({ __typename: 'Session' })
})

it("lets no client block an account's owner, who signs in from another network", async () => {
  const { email } = await users.register('Besieged')
  for (let failure = 0; failure < 12; failure += 1) {
    await loginFrom('192.0.2.30', email, wrong)
    await wait()
  }
  await loginFrom('192.0.2.30', email, wrong)
  expect(await loginFrom('192.0.2.30', email, password)).toMatchObject({ __typename: 'TooManyAttempts' })
  expect(await loginFrom('192.0.2.31', email, password)).toMatchObject({ __typename: 'Session' })
  expect(await loginFrom('192.0.2.30', email, password)).toMatchObject({ __typename: 'TooManyAttempts' })
})

it.each([
  'raided@people.example',
  'nobody@people.example',
])('makes everyone wait that tries %s, for a little, after a hundred failures from everywhere', async email => {
  if (email.startsWith('raided')) await users.register('Raided')
  for (let failure = 0; failure < 101; failure += 1) await loginFrom(`198.51.100.${failure}`, email, wrong)
  const answer = { __typename: 'TooManyAttempts', retryAfterSeconds: 1 }
  expect(await loginFrom('203.0.113.1', email, password)).toEqual(answer)
})

it('keeps neither an e-mail address nor a client address, and nothing for longer than a day', async () => {
  await loginFrom('192.0.2.99', 'kept@people.example', wrong)
  const stored = JSON.stringify(await onDatabase(users.databaseUrl, 'select * from login_attempts'))
  expect(stored).not.toMatch(/kept|192\.0\.2/)
  const database = await openUsersDatabase(users.databaseUrl)
  await deleteExpired(database, new Date(Date.now() + 24 * 60 * 60 * 1_000))
  await database.stop()
  expect(await onDatabase(users.databaseUrl, 'select * from login_attempts')).toEqual([])
})
