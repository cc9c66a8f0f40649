import { createIdentitySigner, createIdentityVerifier } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityIssuers, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { createPasswords } from '@supergraph/users/passwords/passwords.ts'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { parseArguments, runCommand } from '../commands/command-line.ts'
import { createGraphQLClient, type GraphQLClient } from '../testbed/graphql-client.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'

const password = 'a password for the bench'
const help = `npm run bench -- identity

Measures logins a second against the hash of passwords alone, the time from the answer to a logout until the session's socket is
closed, and what an identity token costs each request, signed and checked, against one that is not remembered.

  --help  this text`

const login = async (anonymous: GraphQLClient) => {
  const mutation =
    'mutation ($input: LoginInput!) { login(input: $input) { ... on Session { accessToken refreshToken } } }'
  const { data } = await anonymous.ask(mutation, { input: { email: 'ada@example.com', password } })
  return data.login
}

/** How many times per second `work` is done, `concurrency` at a time, for `seconds`. */
const rate = async (work: () => Promise<unknown>, concurrency: number, seconds: number): Promise<number> => {
  const endsAt = performance.now() + seconds * 1_000
  let done = 0
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() < endsAt) {
        await work()
        done += 1
      }
    }),
  )
  return done / seconds
}

/** Milliseconds from the answer to a logout until the session's socket is closed. */
const logoutToClose = async (url: string, anonymous: GraphQLClient): Promise<number> => {
  const { accessToken, refreshToken } = await login(anonymous)
  const closed = Promise.withResolvers<number>()
  const connected = Promise.withResolvers<void>()
  createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    lazy: false,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${accessToken}` },
    onNonLazyError: () => {},
    on: { connected: () => connected.resolve(), closed: () => closed.resolve(performance.now()) },
  })
  await connected.promise
  const startedAt = performance.now()
  await anonymous.ask('mutation ($input: LogoutInput!) { logout(input: $input) { __typename } }', {
    input: { refreshToken },
  })
  return (await closed.promise) - startedAt
}

const nanoseconds = async (work: () => unknown, times: number): Promise<number> => {
  const startedAt = performance.now()
  for (let time = 0; time < times; time += 1) await work()
  return ((performance.now() - startedAt) * 1e6) / times
}

const print = (what: string, value: number, unit: string, floor?: readonly [string, number]) =>
  console.log(
    `${what.padEnd(44)} ${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit}` +
      (floor === undefined
        ? ''
        : `   ${floor[0]} ${floor[1].toFixed(0)} ${unit}, ratio ${(value / floor[1]).toFixed(2)}`),
  )

const measure = async (url: string): Promise<void> => {
  const anonymous = createGraphQLClient(url)
  const passwords = createPasswords()
  const hashed = await passwords.hash(password)
  const floor = await rate(() => passwords.matches(hashed, password), 16, 5)
  print('logins a second, 16 clients', await rate(() => login(anonymous), 16, 5), '/s', [
    'argon2id alone',
    floor,
  ])

  const closings = Array.from({ length: 20 }, () => logoutToClose(url, anonymous))
  const times = (await Promise.all(closings)).toSorted((a, b) => a - b)
  print('logout to closed socket, median of 20', times[10] ?? 0, 'ms')
  print('logout to closed socket, slowest of 20', times[19] ?? 0, 'ms')

  const { keys, issuers } = await createIdentityKeys(['gateway'])
  const key = identityKey.parse(keys.gateway)
  const viewer = { kind: 'user', id: 'a', scopes: [], sessionId: 'b' } as const
  const signer = createIdentitySigner('gateway', key)
  const verify = createIdentityVerifier('orders', identityIssuers.parse(issuers))
  const token = await signer.sign('orders', viewer)
  const fresh = await nanoseconds(() => createIdentitySigner('gateway', key).sign('orders', viewer), 1_000)
  const freshVerify = await nanoseconds(
    () => createIdentityVerifier('orders', identityIssuers.parse(issuers))(token),
    1_000,
  )
  print(
    'identity token per request: signing',
    await nanoseconds(() => signer.sign('orders', viewer), 100_000),
    'ns',
    ['uncached', fresh],
  )
  print('identity token per request: checking', await nanoseconds(() => verify(token), 100_000), 'ns', [
    'uncached',
    freshVerify,
  ])
}

await runCommand(help, async () => {
  parseArguments({ args: process.argv.slice(3) })
  const system = await startOneProcess({ DEMO_PASSWORD: password, LOG_LEVEL: 'error' })
  try {
    await measure(system.urlOf('gateway'))
  } finally {
    await system.stop()
  }
})
