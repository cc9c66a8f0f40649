import { expect, it, vi } from 'vitest'
import type { z } from 'zod'
import { signIn, signInRefused } from './session.ts'
import type { Shop } from './shop.ts'
import { isOfTheApi } from './stand-in-shop.fixture.ts'

// n.b. nothing here takes the time that the shop asks for
vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }))

const credentials = { email: 'staff@example.com', password: 'secret' }

/** A shop that answers an operation by its name; with the operations that it was asked. */
const shopOf = (answers: Readonly<Record<string, (times: number) => object>>) => {
  const asked: string[] = []
  const shop: Shop = {
    request: async <T extends z.ZodType>(data: T, operation: string, variables: object) => {
      expect(isOfTheApi(operation, { ...variables })).toBe(true)
      const [, name = ''] = /mutation (\w+)/.exec(operation) ?? []
      asked.push(name)
      return data.parse({ outcome: answers[name]?.(asked.filter(one => one === name).length) })
    },
  }
  return { shop, asked }
}

const session = (accessToken: string, livesMs = 600_000) => ({
  __typename: 'Session',
  accessToken,
  refreshToken: `refresh ${accessToken}`,
  expiresAt: new Date(Date.now() + livesMs).toISOString(),
})

const signedIn = async (shop: Shop) => {
  const access = await signIn(shop, credentials)
  if (!('accessToken' in access)) throw new Error(access.message)
  return access
}

it('renews a token once for all that ask at the same time', async () => {
  const { shop, asked } = shopOf({
    Login: () => session('first'),
    RefreshSession: times => session(`next ${times}`),
  })
  const access = await signedIn(shop)
  const tokens = await Promise.all([
    access.accessToken(),
    access.accessToken('first'),
    access.accessToken('first'),
  ])
  expect(tokens).toEqual(['first', 'next 1', 'next 1'])
  expect(await access.accessToken('first')).toBe('next 1')
  expect(asked).toEqual(['Login', 'RefreshSession'])
})

it('signs in again if the session is over', async () => {
  const { shop, asked } = shopOf({
    Login: times => session(`login ${times}`),
    RefreshSession: () => ({ __typename: 'InvalidRefreshToken', message: 'This session is over.' }),
  })
  const access = await signedIn(shop)
  expect(await access.accessToken('login 1')).toBe('login 2')
  expect(asked).toEqual(['Login', 'RefreshSession', 'Login'])
})

it('says why it can not sign in again', async () => {
  const refusal = { __typename: 'InvalidCredentials', message: 'The password is wrong.' }
  const { shop } = shopOf({
    Login: times => (times === 1 ? session('first') : refusal),
    RefreshSession: () => ({ __typename: 'InvalidRefreshToken' }),
  })
  const access = await signedIn(shop)
  await expect(access.accessToken('first')).rejects.toThrow(
    "staff@example.com can't sign in: The password is wrong.",
  )
})

it('keeps a token for as long as the shop takes it if the clock is wrong', async () => {
  const { shop, asked } = shopOf({ Login: () => session('first', -3_600_000) })
  const access = await signedIn(shop)
  expect([await access.accessToken(), await access.accessToken()]).toEqual(['first', 'first'])
  expect(asked).toEqual(['Login'])
})

it('renews a minute before the token ends in a run of an hour', async () => {
  vi.useFakeTimers({ now: 0 })
  const { shop, asked } = shopOf({
    Login: () => session('first'),
    RefreshSession: times => session(`next ${times}`),
  })
  const access = await signedIn(shop)
  for (let minute = 0; minute < 60; minute += 1) {
    await access.accessToken()
    vi.advanceTimersByTime(60_000)
  }
  vi.useRealTimers()
  expect(asked.filter(name => name === 'RefreshSession')).toHaveLength(6)
})

it('waits as often as the shop asks for it, two minutes in all, and says so', async () => {
  const said = vi.spyOn(console, 'error').mockReturnValue()
  const { shop, asked } = shopOf({
    Login: () => ({ __typename: 'TooManyAttempts', message: 'Too many.', retryAfterSeconds: 50 }),
  })
  expect(await signIn(shop, credentials)).toMatchObject({
    message: 'Too many. The shop asks for 50 seconds.',
  })
  expect(asked).toEqual(['Login', 'Login', 'Login'])
  expect(said.mock.calls).toEqual([50, 50].map(seconds => [`Too many. Waiting for ${seconds} seconds.`]))
})

it('signs in with a code if the account asks for one, and says where to give it', async () => {
  const { shop, asked } = shopOf({
    Login: () => ({ __typename: 'TotpRequired', message: 'Fill in the code.', challenge: 'c' }),
    CompleteLogin: times => (times === 1 ? { __typename: 'InvalidCode', message: 'Wrong.' } : session('in')),
  })
  const refusalOf = async (code?: string) => {
    const refused = await signIn(shop, { ...credentials, code })
    return 'accessToken' in refused ? undefined : signInRefused(credentials, refused).message
  }
  expect(await refusalOf()).toMatch(/^staff@example\.com can't .* a code: .* by --code\.$/)
  expect(await refusalOf('000000')).toBe("staff@example.com can't sign in: Wrong.")
  expect(await refusalOf('123456')).toBeUndefined()
  expect(asked).toEqual(['Login', 'Login', 'CompleteLogin', 'Login', 'CompleteLogin'])
})
