import { countQueries } from '@supergraph/postgres/tests/test-database.ts'
import { deleteForgotten } from '@supergraph/postgres/throttle/throttle.ts'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openUsersDatabase } from '../database/open.ts'
import {
  anonymous,
  loginMutation,
  onDatabase,
  password,
  registerMutation,
  runTwins,
  runUsers,
  testEnvironment,
} from './users-under-test.ts'

const queries = countQueries()
const { users, twin, stop } = await runTwins({ onQuery: queries.onQuery })
afterAll(stop)

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
const wait = () => onDatabase(users.databaseUrl, 'update throttle_counts set blocked_until = now()')
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

describe('an office behind one address', () => {
  it('lets everybody in but the one whose passwords were wrong', async () => {
    const [clumsy, colleague] = [await users.register('Clumsy'), await users.register('Colleague')]
    for (let failure = 0; failure < 60; failure += 1) {
      await loginFrom('192.0.2.70', clumsy.email, wrong)
      await wait()
    }
    await loginFrom('192.0.2.70', clumsy.email, wrong)
    expect(await loginFrom('192.0.2.70', clumsy.email, password)).toMatchObject({
      __typename: 'TooManyAttempts',
    })
    expect(await loginFrom('192.0.2.70', colleague.email, password)).toMatchObject({ __typename: 'Session' })
  })

  it('lets those in who have signed in from there before, while many accounts are tried from there', async () => {
    const [regular, newcomer] = [await users.register('Regular'), await users.register('Newcomer')]
    const clients = ['2001:db8:0:7::1', '2001:db8:0:7:ffff::2'] as const
    await loginFrom(clients[0], regular.email, password)
    for (let failure = 0; failure < 50; failure += 1) {
      const { __typename } = await loginFrom(clients[failure % 2] ?? '', `${failure}@people.example`, wrong)
      expect(__typename).toBe('InvalidCredentials')
    }
    for (const client of clients) {
      expect(await loginFrom(client, newcomer.email, password)).toEqual({
        __typename: 'TooManyAttempts',
        retryAfterSeconds: 12,
      })
      expect(await loginFrom(client, regular.email, password)).toMatchObject({ __typename: 'Session' })
    }
    expect(await loginFrom('2001:db8:0:8::1', newcomer.email, password)).toMatchObject({
      __typename: 'Session',
    })
    await wait()
    expect(await loginFrom(clients[0], newcomer.email, password)).toMatchObject({ __typename: 'Session' })
  })

  it('lets those in who have registered there', async () => {
    const email = 'registered-there@people.example'
    const input = { email, password, name: 'There' }
    await users.askFrom('192.0.2.80', registerMutation, { input })
    for (let failure = 0; failure < 51; failure += 1) {
      await loginFrom('192.0.2.80', `there-${failure}@people.example`, wrong)
    }
    expect(await loginFrom('192.0.2.80', email, password)).toMatchObject({ __typename: 'Session' })
  })

  it('is not slowed by many wrong passwords for few accounts', async () => {
    const { email } = await users.register('Unhurt')
    for (let failure = 0; failure < 100; failure += 1) {
      await loginFrom('192.0.2.90', `few-${failure % 10}@people.example`, wrong)
    }
    expect(await loginFrom('192.0.2.90', email, password)).toMatchObject({ __typename: 'Session' })
  })
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

it('lets the owner in from a familiar network while the account is tried from everywhere', async () => {
  const { email } = await users.register('Sieged')
  await loginFrom('203.0.113.7', email, password)
  for (let failure = 0; failure < 102; failure += 1) await loginFrom(`198.51.100.${failure}`, email, wrong)
  expect(await loginFrom('203.0.113.8', email, password)).toMatchObject({ __typename: 'TooManyAttempts' })
  expect(await loginFrom('203.0.113.7', email, password)).toMatchObject({ __typename: 'Session' })
})

describe('register', () => {
  const register = async (address: string, email: string, at = users) => {
    const input = { email, password, name: 'Somebody' }
    const { data } = await at.askFrom(address, registerMutation, { input })
    return answer.parse(data?.register)
  }
  const limits = { REGISTER_LIMIT_PER_NETWORK: '3/1h', REGISTER_LIMIT: '5/1h' }

  it('opens no more accounts than are allowed at once from one network and in all, in two processes', async () => {
    const { users: one, twin: other, stop } = await runTwins({ variables: limits })
    onTestFinished(stop)
    const both = [one, other]
    const flood = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        register(`2001:db8::${index}`, `flood-${index}@people.example`, both[index % 2]),
      ),
    )
    expect(flood.filter(({ __typename }) => __typename === 'Session')).toHaveLength(3)
    for (const { __typename, retryAfterSeconds } of flood) {
      if (__typename === 'Session') continue
      expect(__typename).toBe('TooManyAttempts')
      expect(retryAfterSeconds).toBeGreaterThan(1_190)
      expect(retryAfterSeconds).toBeLessThanOrEqual(1_200)
    }
    const others = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        register(`192.0.2.${index}`, `other-${index}@people.example`, both[index % 2]),
      ),
    )
    expect(others.filter(({ __typename }) => __typename === 'Session')).toHaveLength(2)
  })

  it('tells nobody who asks for long which addresses have an account, and counts no weak password', async () => {
    const one = await runUsers({ variables: limits })
    onTestFinished(one.stop)
    await register('192.0.2.1', 'taken@people.example', one)
    const input = { email: 'taken@people.example', password: 'short', name: 'Weak' }
    for (let time = 0; time < 5; time += 1) {
      const { data } = await one.askFrom('192.0.2.1', registerMutation, { input })
      expect(data?.register).toMatchObject({ __typename: 'WeakPassword' })
    }
    const kinds = []
    for (let time = 0; time < 4; time += 1) {
      kinds.push((await register('192.0.2.1', 'taken@people.example', one)).__typename)
    }
    expect(kinds).toEqual(['EmailTaken', 'EmailTaken', 'TooManyAttempts', 'TooManyAttempts'])
  })

  it('allows 20 an hour from one network in production', () => {
    const settings = { ...testEnvironment(users.databaseUrl, { NODE_ENV: 'production' }) }
    expect(settings.REGISTER_LIMIT_PER_NETWORK).toMatchObject({ burst: 20, forgetsOneEveryMs: 180_000 })
  })
})

it('asks for the counts of a right password once before and once in its turn', async () => {
  const { email } = await users.register('Counted')
  queries.reset()
  await loginFrom('192.0.2.201', email, password)
  const counts = queries.statements().filter(sql => sql.includes('throttle_counts'))
  expect(counts).toHaveLength(3)
})

it('keeps neither an e-mail address nor a client address, and no count for longer than it matters', async () => {
  await loginFrom('192.0.2.99', 'kept@people.example', wrong)
  const { email } = await users.register('Familiar')
  await loginFrom('192.0.2.99', email, password)
  const stored = JSON.stringify([
    await onDatabase(users.databaseUrl, 'select * from throttle_counts'),
    await onDatabase(users.databaseUrl, 'select * from familiar_networks'),
  ])
  expect(stored).toMatch(/login-from-network/)
  expect(stored).not.toMatch(/kept|familiar@|192\.0\.2/)
  const database = await openUsersDatabase(users.databaseUrl)
  await deleteForgotten(database, new Date(Date.now() + 3 * 24 * 60 * 60 * 1_000))
  await database.stop()
  expect(await onDatabase(users.databaseUrl, 'select * from throttle_counts')).toEqual([])
})
