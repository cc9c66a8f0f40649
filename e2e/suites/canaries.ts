import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { Client } from 'pg'
import { expect, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createGraphQLClient, postGraphQL, signIn } from '../../testbed/graphql-client.ts'
import { readRows } from '../../testbed/rows.ts'
import type { SpanReceiver } from '../../testbed/span-receiver.ts'
import type { System } from '../../testbed/system/system.ts'
import { address, placeOrder } from '../order-operations.ts'

const mark = `canary${crypto.randomUUID().replaceAll('-', '')}`
const email = `${mark}.mail@example.com`
const password = `${mark} password`
const token = `${mark}.token`
const card = `pm_${mark}card`
const street = `${mark} street`

const register = `mutation Register($input: RegisterInput!) { register(input: $input) { __typename } }`
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
 * the spans, the metrics, why events failed, and what the console keeps. n.b. an event itself is what was published
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
  const order = (paymentMethod: string) =>
    customer.ask(placeOrder, {
      input: {
        idempotencyKey: uuidv7(),
        items: [{ productId, quantity: 1 }],
        paymentMethod,
        shippingAddress: { ...address, line1: street },
      },
    })
  expect((await order('pm_card_visa')).data.placeOrder.__typename).toBe('PlaceOrderSuccess')
  await order(card)
  const eventId = await publishRefused(system)

  const isThere = (text: () => string | Promise<string>) =>
    vi.waitFor(async () => expect((await text()).includes(eventId)).toBe(true), { timeout: 60_000 })
  await isThere(system.output)
  await isThere(spans.text)
  expectNone({ logs: system.output(), spans: spans.text(), failures: await readFailures(system) })
  if (metricsPort === undefined) return
  expectNone({ metrics: await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text() })
  await isThere(() => readConsole(system))
  expectNone({ console: await readConsole(system) })
}

const expectNone = (seen: Readonly<Record<string, string>>): void => {
  for (const [where, text] of Object.entries(seen)) {
    const around = text.indexOf(mark)
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
const publishRefused = async ({ databaseUrls }: System): Promise<string> => {
  const [id, userId] = [uuidv7(), uuidv7()]
  const event = {
    specversion: '1.0',
    id,
    source: 'users',
    type: 'user.updated',
    subject: userId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    version: 0,
    data: { userId, name: 'Dorothy Vaughan', email },
  }
  const users = new Client({ connectionString: databaseUrls.users })
  await users.connect()
  await users.query('insert into outbox (message_id, aggregate_id, envelope) values ($1, $2, $3)', [
    id,
    userId,
    JSON.stringify(event),
  ])
  await users.end()
  return id
}

/** Why events of users failed. */
const readFailures = async ({ databaseUrls }: System): Promise<string> =>
  JSON.stringify(await readRows(databaseUrls.users, 'select last_error, dead_letters from outbox'))

/** Everything that the console keeps. */
const readConsole = async ({ databaseUrls }: System): Promise<string> => {
  const tables = await readRows<{ name: string }>(
    databaseUrls.console,
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  )
  const kept = tables.map(({ name }) => readRows(databaseUrls.console, `select * from ${name}`))
  return JSON.stringify(await Promise.all(kept))
}
