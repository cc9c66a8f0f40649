import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { codeFor } from '../../testbed/authenticator.ts'
import { createGraphQLClient, type GraphQLClient, postGraphQL, signIn } from '../../testbed/graphql-client.ts'
import { address, order } from '../../testbed/orders.ts'
import { readRows } from '../../testbed/rows.ts'
import type { SpanReceiver } from '../../testbed/span-receiver.ts'
import type { System } from '../../testbed/system/system.ts'
import { requestReset } from './mail.ts'

const mark = `canary${crypto.randomUUID().replaceAll('-', '')}`
const email = `${mark}.mail@example.com`
const password = `${mark} password`
const token = `${mark}.token`
const card = `pm_${mark}card`
const street = `${mark} street`

const register = `mutation Register($input: RegisterInput!) { register(input: $input) { __typename } }`
const resetPassword = `mutation Reset($input: ResetPasswordInput!) { resetPassword(input: $input) { __typename } }`
const literalLogin = (secret: string) =>
  `mutation { login(input: { email: "${email}", password: "${secret}" }) { __typename } }`

/** A shop whose spans and lines of logs a test receives. */
export type TracedShop = {
  readonly system: System
  readonly spans: SpanReceiver
  /** Of a system in one process, whose console takes all spans. */
  readonly metricsPort: number | undefined
}

/**
 * Sends secrets through every door, also such as lead to errors, and finds none of them in what people look at: the logs,
 * the spans, the metrics, why events failed, what the console keeps, and the events in its list of dead letters. The token of a
 * link in an e-mail, and what a second factor is made of, are in no database either. n.b. an outbox itself has what was published
 */
export const expectNoCanary = async (
  { system, spans, metricsPort }: TracedShop,
  productId: string,
): Promise<void> => {
  const url = system.urlOf('gateway')
  const anyone = createGraphQLClient(url)
  const registered = await anyone.ask(register, { input: { email, password, name: 'Dorothy Vaughan' } })
  expect(registered.data.register.__typename).toBe('Session')
  await anyone.ask(register, { input: { email: { is: email }, password, name: [street] } })
  await anyone.ask(register, { input: { email, password, name: 'Dorothy Vaughan', card } })
  await anyone.ask(literalLogin(`${password} wrong`))
  await anyone.ask(`${literalLogin(password)} {`)
  await anyone.ask(literalLogin(password).replace('__typename', token))
  await postGraphQL(
    url,
    { query: '{ me { id } }' },
    {
      accessToken: token,
      headers: { cookie: `session=${token}`, 'x-api-key': token, 'x-user-email': email },
    },
  )
  await sendOverSocket(url)

  const customer = await signIn(url, { email, password })
  const shippingAddress = { ...address, line1: street }
  expect((await order(customer, productId, { shippingAddress })).__typename).toBe('PlaceOrderSuccess')
  await order(customer, productId, { shippingAddress, paymentMethod: card })
  const codes = await switchCodesOn(customer)
  const { token: link } = await requestReset(system, email)
  await anyone.ask(resetPassword, { input: { token: link, newPassword: 'short' } })
  await anyone.ask(
    `mutation { resetPassword(input: { token: "${link}", newPassword: "short" }) { __typename ${link} } }`,
  )
  const eventId = await publishRefused(system)
  const deadIds = await publishDead(system)

  const isThere = (text: () => string | Promise<string>, id = eventId) =>
    vi.waitFor(async () => expect((await text()).includes(id)).toBe(true), { timeout: 60_000, interval: 250 })
  await isThere(system.output)
  await isThere(spans.text)
  const told = { logs: system.output(), spans: spans.text() }
  expectNone({ ...told, failures: await readFailures(system) })
  const kept = {
    users: await readAll(system, 'users'),
    notifications: await readAll(system, 'notifications'),
  }
  for (const secret of [link, ...codes]) expectNone({ ...told, ...kept }, secret)
  if (metricsPort === undefined) return
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  expectNone({ metrics })
  expectNone({ metrics }, link)
  // n.b. The console keeps so much that to read all of it each time would take seconds of processor time.
  await vi.waitFor(async () => expect(await isKept(system, 'console', eventId)).toBe(true), {
    timeout: 60_000,
    interval: 250,
  })
  const shown = { console: await readAll(system, 'console') }
  for (const secret of [mark, link, ...codes]) expectNone(shown, secret)
  for (const id of deadIds) await isThere(() => readDeadLetters(system), id)
  expectNone({ deadLetters: await readDeadLetters(system), failures: await readFailures(system) })
}

/** Gives a customer a second factor; returns its secret and recovery codes. */
const switchCodesOn = async (customer: GraphQLClient): Promise<readonly string[]> => {
  const enabled = await customer.ask(
    'mutation ($input: EnableTotpInput!) { enableTotp(input: $input) { ... on EnableTotpSuccess { secret } } }',
    { input: { password } },
  )
  const { secret } = enabled.data.enableTotp
  const confirmed = await customer.ask(
    'mutation ($input: ConfirmTotpInput!) { confirmTotp(input: $input) { ... on ConfirmTotpSuccess { recoveryCodes } } }',
    { input: { code: codeFor(secret) } },
  )
  return [secret, ...confirmed.data.confirmTotp.recoveryCodes]
}

const expectNone = (seen: Readonly<Record<string, string>>, secret = mark): void => {
  for (const [where, text] of Object.entries(seen)) {
    const around = text.indexOf(secret)
    expect(around === -1 ? '' : text.slice(Math.max(0, around - 500), around + 500), where).toBe('')
  }
}

/** Sends tokens with all that a socket takes. */
const sendOverSocket = async (url: string): Promise<void> => {
  const authorization = `Bearer ${token}`
  const query = literalLogin(password)
  const conversations = [
    [{ type: 'connection_init', payload: { authorization } }],
    [
      { type: 'connection_init', payload: { password, email } },
      { type: 'subscribe', id: mark, payload: { query, extensions: { headers: { authorization } } } },
      { type: 'subscribe', id: '2', payload: { query: `${query} {`, variables: { password } } },
      { type: 'ping', payload: { authorization } },
      { type: mark },
    ],
  ]
  for (const messages of conversations) {
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
    onTestFinished(() => socket.terminate())
    const closed = new Promise(resolve => socket.once('close', resolve))
    socket.once('open', () => {
      for (const message of messages) socket.send(JSON.stringify(message))
    })
    await closed
  }
}

/** Publishes an event that its consumer can't store: PostgreSQL's error then names the row. Gives the id of the event. */
const publishRefused = (system: System): Promise<string> =>
  publish(system, userId => ({ version: 0, data: { userId, name: 'Dorothy Vaughan', email } }))

/**
 * Publishes an event that its consumer gives up at once, since it breaks its contract, and one that was given up before. Gives
 * their ids.
 */
const publishDead = async (system: System): Promise<readonly string[]> => {
  const broken = await publish(system, userId => ({ version: 1, data: { userId, name: [street], email } }))
  const at = new Date()
  const [error, queue, attempts] = ['It was refused.', 'notifications.on-user-updated', 5]
  const letter = { queue, error, attempts, firstFailedAt: at, lastFailedAt: at }
  const given = await publish(system, userId => ({ version: 1, data: { userId, name: street, email } }), [
    letter,
  ])
  return [broken, given]
}

/** Writes an event about a user into the outbox. Gives its id. */
const publish = async (
  { databaseUrls }: System,
  about: (userId: string) => object,
  deadLetters: readonly object[] = [],
): Promise<string> => {
  const [id, userId] = [uuidv7(), uuidv7()]
  const event = {
    specversion: '1.0',
    id,
    source: 'users',
    type: 'user.updated',
    subject: userId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    ...about(userId),
  }
  await readRows(
    databaseUrls.users,
    `insert into outbox (message_id, aggregate_id, envelope, dead_letters, dead_at)
     values ($1, $2, $3, $4, case when $4::jsonb <> '[]' then now() end)`,
    [id, userId, JSON.stringify(event), JSON.stringify(deadLetters)],
  )
  return id
}

/** The list of dead letters as a page of the console gets it. */
const readDeadLetters = async (system: System): Promise<string> => {
  const headers = { accept: 'application/json' }
  return (await fetch(`${system.originOf('console')}/dead-letters`, { headers })).text()
}

/** Why events of users failed. */
const readFailures = async ({ databaseUrls }: System): Promise<string> =>
  JSON.stringify(await readRows(databaseUrls.users, 'select last_error, dead_letters from outbox'))

type Keeping = 'users' | 'notifications' | 'console'

const tablesOf = ({ databaseUrls }: System, service: Keeping) =>
  readRows<{ name: string }>(
    databaseUrls[service],
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  )

/** Everything that a service keeps. */
const readAll = async (system: System, service: Keeping): Promise<string> => {
  const url = system.databaseUrls[service]
  const kept = (await tablesOf(system, service)).map(({ name }) => readRows(url, `select * from ${name}`))
  return JSON.stringify(await Promise.all(kept))
}

/** Whether a service keeps a text anywhere. */
const isKept = async (system: System, service: Keeping, text: string): Promise<boolean> => {
  const lines = (await tablesOf(system, service)).map(
    ({ name }) => `exists (select from ${name} as line where strpos(line::text, $1) > 0)`,
  )
  const rows = await readRows<{ found: boolean }>(
    system.databaseUrls[service],
    `select ${lines.join(' or ')} as found`,
    [text],
  )
  return rows.some(({ found }) => found)
}
