import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createIdentityKeys,
  createIdentitySigner,
  createIdentityVerifier,
  identityIssuers,
  identityKey,
} from '@supergraph/runtime/identity.ts'
import { createPasswords } from '@supergraph/users/passwords/passwords.ts'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { freePorts } from '../testbed/ports.ts'
import { startProcess } from '../testbed/processes.ts'

const password = 'a password for the bench'
const directory = await mkdtemp(join(tmpdir(), 'supergraph-bench-'))
const [port, users, products, orders, notifications, analytics, paymentSimulator, mailbox, smtp] =
  await freePorts(9)
const system = startProcess(['start.ts'], {
  DATA_DIR: directory,
  DEMO_PASSWORD: password,
  LOG_LEVEL: 'error',
  PORT: String(port),
  USERS_PORT: String(users),
  PRODUCTS_PORT: String(products),
  ORDERS_PORT: String(orders),
  NOTIFICATIONS_PORT: String(notifications),
  ANALYTICS_PORT: String(analytics),
  PAYMENT_SIMULATOR_PORT: String(paymentSimulator),
  MAILBOX_PORT: String(mailbox),
  MAILBOX_SMTP_PORT: String(smtp),
})
const url = `http://127.0.0.1:${port}/graphql`

const ask = async (query: string, variables: object, accessToken?: string) => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, {
    method: 'POST',
    headers: accessToken === undefined ? headers : { ...headers, authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ query, variables }),
  })
  return JSON.parse(await response.text()).data
}

const login = async () =>
  (
    await ask(
      'mutation ($input: LoginInput!) { login(input: $input) { ... on Session { accessToken refreshToken } } }',
      { input: { email: 'ada@example.com', password } },
    )
  ).login

/** How often a second `work` is done, `concurrency` at a time, for `seconds`. */
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
const logoutToClose = async (): Promise<number> => {
  const { accessToken, refreshToken } = await login()
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
  await ask('mutation ($input: LogoutInput!) { logout(input: $input) { __typename } }', {
    input: { refreshToken },
  })
  return (await closed.promise) - startedAt
}

const nanoseconds = async (work: () => Promise<unknown>, times: number): Promise<number> => {
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

try {
  await system.waitFor(/Ctrl-C/)
  const passwords = createPasswords()
  const hashed = await passwords.hash(password)
  const floor = await rate(() => passwords.matches(hashed, password), 16, 5)
  print('logins a second, 16 clients', await rate(login, 16, 5), '/s', ['argon2id alone', floor])

  const times = (await Promise.all(Array.from({ length: 20 }, logoutToClose))).toSorted((a, b) => a - b)
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
} finally {
  await system.end('SIGTERM')
  await rm(directory, { recursive: true, force: true })
}
