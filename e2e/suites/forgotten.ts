import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { escapeLiteral } from 'pg'
import { expect, vi } from 'vitest'
import { readDeclarations } from '../../commands/privacy/declarations.ts'
import { serviceNames, services } from '../../services.ts'
import { createGraphQLClient, type GraphQLClient, postGraphQL, signIn } from '../../testbed/graphql-client.ts'
import { byStaff, cancel, order } from '../../testbed/orders.ts'
import { readRows } from '../../testbed/rows.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'
import { publishUnreadableEvent } from '../unreadable-event.ts'
import type { TracedShop } from './canaries.ts'

const mark = `ghost${crypto.randomUUID().replaceAll('-', '')}`
/** n.b. what stands before the @ is the same in both forms */
const email = `${mark}@käse.example`
const password = `${mark} password`

const waiting = { timeout: 60_000, interval: 200 }

/** Where docs/privacy.md says that something stays: the reason that a member of the staff wrote. */
const kept: readonly string[] = ['users.audit_entries']

/**
 * Lets a customer leave everything that a person can give, has the account deleted, and finds nothing of it in any database but
 * where docs/privacy.md says so, and nothing in the logs, the spans, the metrics, the broker's queues and the list of dead letters. n.b. the mailbox
 * stands for the person's own
 */
export const expectForgotten = async (
  { system, spans, metricsPort }: TracedShop,
  productId: string,
): Promise<void> => {
  const url = system.urlOf('gateway')
  const userId = await live(system, productId)
  const before = await whereMarked(system)
  expect(before).toEqual(
    expect.arrayContaining([
      ...['users.addresses', 'users.outbox', 'users.users', 'users.audit_entries'],
      ...[
        'orders.idempotency_keys',
        'orders.order_changes',
        'orders.orders',
        'orders.outbox',
        'orders.refunds',
      ],
      ...['notifications.emails', 'notifications.notifications', 'notifications.recipients'],
    ]),
  )

  const customer = await signIn(url, { email, password })
  await expectWhole(system, userId, customer)
  const { data } = await customer.ask(
    'mutation ($input: DeleteMeInput!) { deleteMe(input: $input) { __typename } }',
    { input: { password } },
  )
  expect(data.deleteMe.__typename).toBe('DeleteMeSuccess')
  const admin = await signIn(url, { email: 'admin@example.com', password: demoPassword })
  await vi.waitFor(async () => {
    const gone = await readRows(
      system.databaseUrls.users,
      'select from account_deletions where user_id = $1 and carried_out_at is not null',
      [userId],
    )
    expect(gone).toHaveLength(1)
    const { data } = await admin.ask('{ accountDeletions { userId waitsFor } }')
    expect(data.accountDeletions).toEqual([])
  }, waiting)

  const marked = (await whereMarked(system)).filter(place => !kept.includes(place))
  expect(marked).toEqual([])
  const { data: log } = await admin.ask('{ auditLog(first: 5) { edges { node { reason } } } }')
  expect(JSON.stringify(log)).toContain(mark)
  const headers = { accept: 'application/json' }
  const deadLetters = await (await fetch(`${system.originOf('console')}/dead-letters`, { headers })).text()
  const queues = await readQueues(system)
  const metrics =
    metricsPort === undefined ? '' : await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  for (const [where, text] of Object.entries({
    logs: system.output(),
    spans: spans.text(),
    deadLetters,
    queues,
    metrics,
  }))
    expect(text.includes(mark), where).toBe(false)
}

/** What lies in the queues of the broker, if there is one, once an event that nobody can read does. */
const readQueues = async (system: System): Promise<string> => {
  const { queuedText } = system
  if (queuedText === undefined) return ''
  const id = await publishUnreadableEvent(system.databaseUrls.users)
  return vi.waitFor(async () => {
    const text = await queuedText()
    expect(text).toContain(id)
    return text
  }, waiting)
}

/** Which rows of a table are a person's, as SQL of the person's id. */
const owned: Readonly<Record<string, string>> = {
  'users.users': 'id = $1',
  'users.addresses': 'user_id = $1',
  'users.sessions': 'user_id = $1',
  'users.email_change_undos': 'user_id = $1',
  'orders.orders': 'customer_id = $1',
  'orders.order_items': 'order_id in (select id from orders where customer_id = $1)',
  'orders.order_changes': 'order_id in (select id from orders where customer_id = $1)',
  'orders.refunds': 'order_id in (select id from orders where customer_id = $1)',
  'orders.disputes': 'order_id in (select id from orders where customer_id = $1)',
  'notifications.notifications': 'user_id = $1',
  'notifications.preferences': 'user_id = $1',
}

/** The texts, numbers and instants in a value of a column. */
const leavesOf = (value: unknown): readonly string[] => {
  if (value === null || typeof value === 'boolean') return []
  if (value instanceof Date) return [value.toISOString()]
  return typeof value === 'object' ? Object.values(value).flatMap(leavesOf) : [String(value)]
}

/** Compares the file that a person gets with every column that is declared as exported. */
const expectWhole = async (system: System, userId: string, customer: GraphQLClient): Promise<void> => {
  const { data } = await customer.ask('mutation { exportMyData { ... on ExportMyDataSuccess { url } } }')
  const text = await (await fetch(data.exportMyData.url)).text()
  const exported = new Set(leavesOf(JSON.parse(text)))
  const urls = new Map(Object.entries(system.databaseUrls))
  const tables = (await readDeclarations()).flatMap(({ service, privacy }) =>
    Object.entries(privacy).map(([table, { personal = {} }]) => {
      const columns = Object.entries(personal).filter(([, { isExported }]) => isExported)
      return { service, table, columns: columns.map(([column]) => column) }
    }),
  )
  for (const { service, table, columns } of tables.filter(({ columns }) => columns.length > 0)) {
    const rows = await readRows<Record<string, unknown>>(
      urls.get(service) ?? '',
      `select ${columns.map(column => `"${column}"`).join()} from "${table}" where ${owned[`${service}.${table}`]}`,
      [userId],
    )
    for (const row of rows)
      for (const [column, value] of Object.entries(row))
        for (const leaf of leavesOf(value))
          expect(exported.has(leaf), `${service}.${table}.${column}: ${leaf}`).toBe(true)
  }
}

/** Leaves the canaries by every way that a person has; returns the person's id. */
const live = async (system: System, productId: string): Promise<string> => {
  const url = system.urlOf('gateway')
  const anyone = createGraphQLClient(url)
  const registered = await anyone.ask(
    `mutation ($input: RegisterInput!) {
      register(input: $input) { __typename ... on Session { accessToken user { id } } }
    }`,
    { input: { email, password, name: `${mark} name`, locale: 'de-AT' } },
  )
  const { accessToken, user } = registered.data.register
  const customer = createGraphQLClient(url, accessToken)
  const address = {
    name: `${mark} recipient`,
    line1: `${mark} street`,
    line2: `${mark} floor`,
    city: `${mark} city`,
    postalCode: mark.slice(0, 20),
    country: 'AT',
  }
  await customer.ask(
    'mutation ($address: AddressInput!) { addAddress(input: { address: $address }) { __typename } }',
    { address },
  )
  await customer.ask('mutation ($name: String) { updateMe(input: { name: $name }) { __typename } }', {
    name: `${mark} other name`,
  })
  await postGraphQL(
    url,
    { query: '{ me { id } }' },
    {
      accessToken,
      headers: { 'user-agent': mark, 'x-forwarded-for': mark, referer: `https://${mark}.example` },
    },
  )
  const place = (paymentMethod: string) =>
    order(customer, productId, {
      idempotencyKey: `${mark} ${uuidv7()}`,
      paymentMethod,
      shippingAddress: address,
    })
  expect((await place(`pm_${mark}`)).__typename).toBe('PaymentDeclined')
  const [sent, cancelled] = [await place('pm_card_visa'), await place('pm_card_visa')]
  await cancel(customer, cancelled.order.id, `${mark} reason`)
  const staff = await signIn(url, { email: 'staff@example.com', password: demoPassword })
  const orderId = sent.order.id
  await byStaff(staff, 'shipOrder', {
    orderId,
    carrier: `${mark} carrier`,
    trackingNumber: `${mark} number`,
  })
  await byStaff(staff, 'refundOrder', {
    orderId,
    idempotencyKey: uuidv7(),
    reason: `${mark} was called about it`,
  })
  await anyone.ask(
    'mutation ($email: String!) { requestPasswordReset(input: { email: $email }) { __typename } }',
    { email },
  )
  await vi.waitFor(async () => {
    const [{ told } = { told: 0 }] = await readRows<{ told: number }>(
      system.databaseUrls.notifications,
      `select count(*)::int as told from emails where user_id = $1 and kind in ('ORDER_SHIPPED', 'ORDER_CANCELLED', 'PASSWORD_RESET')`,
      [user.id],
    )
    expect(told).toBe(3)
    const [{ wait } = { wait: 1 }] = await readRows<{ wait: number }>(
      system.databaseUrls.users,
      `select count(*)::int as wait from audit_entries where about_id = $1`,
      [orderId],
    )
    expect(wait).toBe(2)
  }, waiting)
  return user.id
}

/**
 * The tables of all services in which a canary is, such as `users.addresses`, in whatever schema and column: as text, in JSON, in bytes,
 * or in base64.
 */
const whereMarked = async ({ databaseUrls }: System): Promise<readonly string[]> => {
  const urls = new Map(Object.entries(databaseUrls))
  const found = serviceNames
    // n.b. no customer's request comes to the registry, which a system in one process leaves out
    .filter(name => 'hasDatabase' in services[name] && name !== 'registry')
    .map(async name => {
      const url = urls.get(name) ?? ''
      const tables = await readRows<{ name: string; table: string }>(
        url,
        `select oid::regclass::text as name, relname as table from pg_class
         where relkind in ('r', 'p', 'm') and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
         order by relname`,
      )
      // n.b. All tables in one statement: to open a connection for each would take most of the time.
      const sql = tables.map(
        ({ name: from, table }) =>
          `select ${escapeLiteral(`${name}.${table}`)} as place
           where exists (select from ${from} as line where line::text ilike any ($1))`,
      )
      const marked = await readRows<{ place: string }>(url, sql.join(' union all '), [marks])
      return marked.map(({ place }) => place)
    })
  return (await Promise.all(found)).flat()
}

const part = mark.slice(0, 20)
/** n.b. PostgreSQL shows bytes in hexadecimal, and the middle of a text in base64 depends on where it begins */
const marks = [
  part,
  Buffer.from(part).toString('hex'),
  ...[0, 1, 2].map(offset => Buffer.from(part.slice(offset, offset + 15)).toString('base64')),
].map(text => `%${text}%`)
