import { setTimeout as pause } from 'node:timers/promises'
import { readRecordedOperation } from '@supergraph/schema/recorded-operations.ts'
import { z } from 'zod'
import type { GraphQLClient } from '../../testbed/graphql-client.ts'
import type { Random } from '../../testbed/random.ts'

const rememberedAccounts = 40
const refreshes = 2
const refreshAfterMs = 3_000
const leftOpen = 0.5

/** People who register, and who sign in, stay for a while, and sign out or just go. */
export const createSessions = ({ ask }: Pick<GraphQLClient, 'ask'>, random: Random) => {
  const accounts: { readonly email: string; readonly password: string }[] = []
  const askFor = async <T>(operation: string, input: object, shape: z.ZodType<T>): Promise<T> =>
    shape.parse((await ask(readRecordedOperation(operation), { input })).data)
  const logOut = (refreshToken: string) => askFor('logout', { refreshToken }, loggedOut)
  return {
    register: async (): Promise<void> => {
      const account = { email: `${crypto.randomUUID()}@example.com`, password: crypto.randomUUID() }
      const { register } = await askFor('register', { ...account, name: 'Grace' }, registered)
      accounts.push(account)
      if (accounts.length > rememberedAccounts) accounts.shift()
      await logOut(register.refreshToken)
    },
    /** Nobody does so before somebody has registered. */
    stay: async (): Promise<void> => {
      const [account] = random.shuffled(accounts)
      if (account === undefined) return
      let { refreshToken } = (await askFor('login', account, loggedIn)).login
      for (let times = 0; times < refreshes; times += 1) {
        await pause(refreshAfterMs)
        const input = { refreshToken, idempotencyKey: crypto.randomUUID() }
        refreshToken = (await askFor('refresh-session', input, refreshed)).refreshSession.refreshToken
      }
      if (!random.chance(leftOpen)) await logOut(refreshToken)
    },
  }
}

const session = z.object({ refreshToken: z.string() })
const registered = z.object({ register: session })
const loggedIn = z.object({ login: session })
const refreshed = z.object({ refreshSession: session })
const loggedOut = z.object({ logout: z.object({ endedSessions: z.number() }) })
