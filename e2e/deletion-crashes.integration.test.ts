import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createDeletedUserStore } from '@supergraph/notifications/database/deleted-user-store.ts'
import { openNotificationsDatabase } from '@supergraph/notifications/database/open.ts'
import { readEnvironment as readNotifications } from '@supergraph/notifications/environment.ts'
import { startNotifications } from '@supergraph/notifications/server.ts'
import { startMailServer } from '@supergraph/notifications/tests/mail-server.ts'
import { readEnvironment as readOrders } from '@supergraph/orders/environment.ts'
import { startOrders } from '@supergraph/orders/server.ts'
import { createPaymentsStandIn } from '@supergraph/orders/tests/payments-stand-in.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { createSealingKey } from '@supergraph/runtime/sealed.ts'
import { carryOutDeletion } from '@supergraph/users/database/deletion-store.ts'
import { openUsersDatabase } from '@supergraph/users/database/open.ts'
import { readEnvironment as readUsers } from '@supergraph/users/environment.ts'
import { startUsers } from '@supergraph/users/server.ts'
import { decodeJwt } from 'jose'
import { expect, it, onTestFinished, vi } from 'vitest'
import { addCrashPoints } from '../testbed/crash-points.ts'
import { postGraphQL } from '../testbed/graphql-client.ts'
import { readRows } from '../testbed/rows.ts'

const password = 'correct horse battery'

/** Everybody who forgets a person, each on a database of its own, and one more process of each that goes on with what another one left. */
const startForgetters = () =>
  startAll(async use => {
    const database = async () => {
      const { url, drop } = await createTestDatabase()
      use({ stop: drop })
      return url
    }
    const urls = { users: await database(), orders: await database(), notifications: await database() }
    const { keys, issuers } = await createIdentityKeys(['gateway', 'orders'])
    const logger = createLogger('test', 'silent')
    const transport = use(createInProcessTransport({ logger }, { retryDelaysMs: [10, 10, 10] }))
    const mail = await startMailServer()
    const common = (url: string) => ({
      NODE_ENV: 'test',
      PORT: '0',
      LOG_LEVEL: 'silent',
      DATABASE_URL: url,
      IDENTITY_ISSUERS: issuers,
      LINK_KEYS: linkKeys,
      TOTP_KEYS: createSealingKey(),
    })
    const linkKeys = createSealingKey()
    const users = use(
      await startUsers(
        readUsers({
          ...common(urls.users),
          ACCOUNT_DELETION_GRACE_SECONDS: '0',
          REGISTER_LIMIT_PER_NETWORK: '1000/1h',
        }),
        transport,
      ),
    )
    use(
      await startOrders(
        readOrders({ ...common(urls.orders), IDENTITY_KEY: keys.orders, STRIPE_API_KEY: 'sk_test_orders' }),
        transport,
        { payments: createPaymentsStandIn().payments },
      ),
    )
    use(
      await startNotifications(
        readNotifications({
          ...common(urls.notifications),
          SMTP_URL: mail.url,
          WELCOME_LIMIT_PER_MAILBOX: '1000/1h',
        }),
        transport,
      ),
    )
    const [ofUsers, ofNotifications] = [
      use(await openUsersDatabase(urls.users)),
      use(await openNotificationsDatabase(urls.notifications)),
    ]
    const signer = createIdentitySigner('gateway', identityKey.parse(keys.gateway))
    return {
      urls,
      mail,
      ask: async (viewer: Viewer, query: string, variables: object) => {
        const accessToken = await signer.sign('users', viewer)
        return JSON.parse((await postGraphQL(users.url, { query, variables }, { accessToken })).text)
      },
      /** Does at once what other processes do in a minute, and what this one does when its lease of an e-mail has run out. */
      goOn: async () => {
        await carryOutDeletion(ofUsers)
        await createDeletedUserStore(ofNotifications).finish()
        await readRows(
          urls.notifications,
          `update emails set due_at = now() where state = 'PENDING' and due_at > now() + interval '30 s'`,
        )
      },
    }
  })

it('deletes an account whole, and every service says so, wherever a process is killed in between', async () => {
  const forgetters = await startForgetters()
  onTestFinished(forgetters.stop)
  const { urls, mail, ask, goOn } = forgetters
  const people: { readonly viewer: Viewer; readonly id: string; readonly email: string }[] = []
  const register = async () => {
    const email = `${crypto.randomUUID()}@people.example`
    const { data } = await ask(
      { kind: 'anonymous' },
      'mutation ($input: RegisterInput!) { register(input: $input) { ... on Session { accessToken } } }',
      { input: { email, password, name: 'Ada' } },
    )
    const { sub: id = '', sid } = decodeJwt(data.register.accessToken)
    people.push({ viewer: { kind: 'user', id, sessionId: String(sid), scopes: [] }, id, email })
  }
  const isKnown = async (id: string) =>
    (await readRows(urls.notifications, 'select from recipients where user_id = $1', [id])).length > 0
  const points = await Promise.all(Object.values(urls).map(addCrashPoints))

  let crashes = 0
  for (let step = 1; ; step += 1) {
    await register()
    const person = people.at(-1)
    if (person === undefined) throw new Error('nobody is registered')
    await vi.waitFor(async () => expect(await isKnown(person.id)).toBe(true))
    await vi.waitFor(() => expect(mail.received.filter(isTo(person.email))).toHaveLength(2))
    for (const { arm } of points) await arm(step)
    await vi.waitFor(async () => {
      const deletion =
        'mutation ($password: String!) { deleteMe(input: { password: $password }) { __typename } }'
      const { data } = await ask(person.viewer, deletion, { password })
      const known = await readRows(urls.users, 'select from account_deletions where user_id = $1', [
        person.id,
      ])
      expect(data?.deleteMe?.__typename === 'DeleteMeSuccess' || known.length > 0).toBe(true)
    })
    const confirmed = `select from account_deletions where user_id = $1 and carried_out_at is not null
      and orders_forgot_at is not null and notifications_forgot_at is not null`
    await vi.waitFor(
      async () => {
        await goOn().catch(() => undefined)
        expect(await readRows(urls.users, confirmed, [person.id]), `step ${step}`).toHaveLength(1)
      },
      { interval: 50 },
    )
    const crashed = (await Promise.all(points.map(({ hasCrashed }) => hasCrashed()))).filter(Boolean).length
    for (const { arm } of points) await arm(0)
    expect(await leftOf(urls, person), `step ${step}`).toEqual([])
    const told = mail.received.filter(isTo(person.email)).map(({ email }) => email.subject)
    expect(told, `step ${step}`).toContain('Your account was deleted')
    crashes += crashed
    if (crashed === 0) break
  }
  expect(crashes).toBeGreaterThan(30)
})

const isTo =
  (address: string) =>
  ({ recipients }: { readonly recipients: readonly string[] }): boolean =>
    recipients.includes(address)

/** Where something of a person is left. */
const leftOf = async (
  urls: Readonly<Record<'users' | 'notifications', string>>,
  { id, email }: { readonly id: string; readonly email: string },
): Promise<readonly string[]> => {
  const owned = {
    users: [
      'users where id::text = $1',
      'outbox where envelope::text like $2',
      'sessions where user_id::text = $1',
    ],
    notifications: [
      ...['recipients', 'emails', 'notifications'].map(table => `${table} where user_id::text = $1`),
      'outbox where envelope::text like $2',
    ],
  }
  const found = Object.entries(owned).flatMap(([service, tables]) =>
    tables.map(async from => {
      const url = service === 'users' ? urls.users : urls.notifications
      const rows = await readRows(url, `select $1::text, $2::text from ${from}`, [id, `%${email}%`])
      return rows.length > 0 ? [`${service}: ${from}`] : []
    }),
  )
  return (await Promise.all(found)).flat()
}
