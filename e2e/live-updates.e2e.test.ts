import { Session } from 'node:inspector/promises'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { publishUntilHandled } from '@supergraph/messaging/tests/test-namespace.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { startAll, type Use } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { createSealingKey } from '@supergraph/runtime/sealed.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { UserRegistered } from '@supergraph/schema/events/users.ts'
import type { Client } from 'graphql-ws'
import { Client as PostgresClient } from 'pg'
import { expect, it, onTestFinished, vi } from 'vitest'
import { readEnvironment as readGatewayEnvironment } from '../gateway/environment.ts'
import { startGateway } from '../gateway/server.ts'
import { readEnvironment as readNotificationsEnvironment } from '../subgraphs/notifications/environment.ts'
import { startNotifications } from '../subgraphs/notifications/server.ts'
import { openSocketClient } from '../testbed/graphql-client.ts'
import { startTokenIssuer } from '../testbed/token-issuer.ts'

const silent = createLogger('test', 'silent')
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => index + from)

// n.b. These events are large, since the kernel's buffer for a socket would hold 10,000 small ones.
const bodies = upTo(20)
  .map(number => `body${number}: body`)
  .join(' ')
const notificationAdded = `subscription ($after: String) {
  notificationAdded(after: $after) { cursor notification { ${bodies} } }
}`

type SharedParts = {
  readonly databaseUrl: string
  readonly keys: Awaited<ReturnType<typeof createIdentityKeys>>
  readonly jwksUrl: string
}

/** Two notification workers on one database and two gateways, one in front of each. */
const startReplicas = async () => {
  const system = await startAll(async use => {
    const database = await createTestDatabase()
    use({ stop: database.drop })
    const sql = new PostgresClient({ connectionString: database.url })
    await sql.connect()
    use({ stop: () => sql.end() })
    const tokens = use(await startTokenIssuer())
    const keys = await createIdentityKeys(['gateway'])
    const parts = { databaseUrl: database.url, keys, jwksUrl: tokens.jwksUrl }
    const sides = [await startSide(use, parts), await startSide(use, parts)] as const
    return { sql, tokens, sides }
  })
  onTestFinished(system.stop)
  return system
}

const startSide = async (use: Use, { databaseUrl, keys, jwksUrl }: SharedParts) => {
  const transport = use(createInProcessTransport({ logger: silent }))
  const startWorker = (port: number) =>
    startNotifications(
      readNotificationsEnvironment({
        DATABASE_URL: databaseUrl,
        IDENTITY_ISSUERS: keys.issuers,
        LINK_KEYS: createSealingKey(),
        PORT: String(port),
        LOG_LEVEL: 'silent',
      }),
      transport,
    )
  let worker = await startWorker(0)
  use({ stop: () => worker.stop() })
  const gateway = use(
    await startGateway(
      readGatewayEnvironment({
        NODE_ENV: 'test',
        LOG_LEVEL: 'silent',
        PORT: '0',
        IDENTITY_KEY: keys.keys.gateway,
        JWKS_URL: jwksUrl,
        NOTIFICATIONS_URL: worker.url,
      }),
      transport,
    ),
  )
  return {
    url: gateway.url.replace('http', 'ws'),
    subscribers: () => worker.subscribers(),
    welcome: (userId: string) =>
      publishUntilHandled(
        transport,
        UserRegistered.create({
          id: uuidv7(),
          subject: userId,
          version: 1,
          occurredAt: new Date(),
          data: { userId, name: 'Ada' },
        }),
      ),
    restartWorker: async () => {
      const port = Number(new URL(worker.url).port)
      await worker.stop()
      worker = await startWorker(port)
    },
  }
}

/** A client that leaves reconnecting to the test, and its socket. */
const connect = (url: string, token: string) => {
  const connection = openSocketClient(url, token)
  onTestFinished(async () => connection.client.terminate())
  return connection
}

/** One subscription from a cursor on: the numbers that it brings, and the code that it ends with. */
const watch = (client: Client, after: string | undefined) => {
  const numbers: number[] = []
  const state: { cursor: string | undefined; end: string | undefined } = { cursor: after, end: undefined }
  client.subscribe(
    { query: notificationAdded, variables: { after } },
    {
      next: ({ data, errors }) => {
        if (errors !== undefined) throw new AggregateError(errors)
        state.cursor = String(Object(data?.notificationAdded).cursor)
        numbers.push(JSON.parse(Buffer.from(state.cursor, 'base64url').toString())[0])
      },
      error: error => {
        state.end = Array.isArray(error) ? String(error[0]?.extensions?.code) : 'DISCONNECTED'
      },
      complete: () => {
        state.end = 'COMPLETE'
      },
    },
  )
  return { numbers, state }
}

const cursorOf = (seq: number) => Buffer.from(JSON.stringify([seq])).toString('base64url')

it('brings every event to the clients of both gateways once, whichever worker handles it, through a restart', async () => {
  const { sides, tokens } = await startReplicas()
  const userId = uuidv7()
  const token = await tokens.customer(userId)
  const clients = sides.map(({ url }) => connect(url, token).client)
  const first = clients.map(client => watch(client, undefined))
  for (const { subscribers } of sides) await expect.poll(subscribers).toBe(1)
  for (const index of upTo(20)) await sides[index % 2 === 0 ? 0 : 1].welcome(userId)
  for (const { numbers } of first) await expect.poll(() => numbers).toEqual(upTo(20))

  await sides[0].restartWorker()
  for (const _ of upTo(10)) await sides[1].welcome(userId)
  for (const { numbers } of first) await expect.poll(() => numbers, { timeout: 60_000 }).toEqual(upTo(30))
  expect(first.map(({ state }) => state.end)).toEqual([undefined, undefined])
})

it('brings a client whose sockets break every event once, on one gateway or the other', async () => {
  const { sides, tokens } = await startReplicas()
  const userId = uuidv7()
  const token = await tokens.customer(userId)
  await sides[0].welcome(userId)
  const events = 300
  const publishing = (async () => {
    for (const index of upTo(events)) await sides[index % 2 === 0 ? 0 : 1].welcome(userId)
  })()
  const received: number[] = []
  let cursor: string | undefined = cursorOf(1)
  for (let connection = 0; received.length < events; connection += 1) {
    const { client, socket } = connect(sides[connection % 2 === 0 ? 0 : 1].url, token)
    const { numbers, state } = watch(client, cursor)
    const wanted = Math.min(2, events - received.length)
    await vi.waitFor(() => expect(numbers.length).toBeGreaterThanOrEqual(wanted), {
      interval: 1,
      timeout: 60_000,
    })
    socket()?.terminate()
    await vi.waitFor(() => expect(state.end).toBe('DISCONNECTED'), { interval: 1 })
    received.push(...numbers)
    cursor = state.cursor
  }
  await publishing
  expect(received).toEqual(upTo(events, 2))
  for (const { subscribers } of sides) await expect.poll(subscribers).toBe(0)
})

it('ends the subscription of a client that reads nothing, in bounded memory, and resumes it without loss', async () => {
  const { sides, sql, tokens } = await startReplicas()
  const [side] = sides
  const [slowId, quickId] = [uuidv7(), uuidv7()]
  const slow = connect(side.url, await tokens.customer(slowId))
  const quick = connect(side.url, await tokens.customer(quickId))
  const before = watch(slow.client, undefined)
  const other = watch(quick.client, undefined)
  await expect.poll(side.subscribers).toBe(2)
  await side.welcome(slowId)
  await expect.poll(() => before.numbers).toEqual([1])

  slow.socket()?.pause()
  const heapBefore = await usedHeap()
  const events = 10_000
  for (const from of upTo(events / 500).map(page => (page - 1) * 500 + 2))
    await notify(sql, slowId, from, 500)
  await vi.waitFor(() => expect(side.subscribers()).toBe(1))
  const heapWhilePaused = await usedHeap()
  expect(heapWhilePaused - heapBefore).toBeLessThan(32 * 1024 * 1024)
  await side.welcome(quickId)
  await expect.poll(() => other.numbers).toEqual([1])

  slow.socket()?.resume()
  await vi.waitFor(() => expect(before.state.end).toBe('SLOW_CONSUMER'))
  const received = [...before.numbers]
  expect(received.length).toBeLessThan(events)
  let { cursor } = before.state
  while (received.length < events + 1) {
    const again = watch(slow.client, cursor)
    await vi.waitFor(() => {
      const isAll = received.length + again.numbers.length >= events + 1
      expect(isAll || again.state.end === 'SLOW_CONSUMER').toBe(true)
    })
    received.push(...again.numbers)
    cursor = again.state.cursor
  }
  expect(received).toEqual(upTo(events + 1))
  expect(cursor).toBe(cursorOf(events + 1))
  expect(other.state.end).toBeUndefined()
})

/** Stores `count` notifications of a user as the worker does, and wakes the subscribers. */
const notify = async (sql: PostgresClient, userId: string, from: number, count: number) => {
  await sql.query('begin')
  await sql.query(
    `insert into notifications (id, user_id, seq, event_id, kind, title, body, created_at)
     select gen_random_uuid(), $1, seq, gen_random_uuid(), 'WELCOME', 'Welcome', repeat('news ', 20), now()
     from generate_series($2::integer, $3) as seq`,
    [userId, from, from + count - 1],
  )
  await sql.query('update user_counters set last_seq = $2 where user_id = $1', [userId, from + count - 1])
  await sql.query('select pg_notify($1, $2)', ['live', `user:${userId}`])
  await sql.query('commit')
}

/** Bytes of the heap that are still used after a collection. */
const usedHeap = async (): Promise<number> => {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
  return process.memoryUsage().heapUsed
}
