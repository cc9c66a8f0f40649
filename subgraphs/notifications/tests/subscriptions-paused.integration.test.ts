import { countQueries } from '@supergraph/postgres/tests/test-database.ts'
import { createClient } from 'graphql-ws'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { userRegistered } from './events.ts'
import { createSystem, createUser } from './notifications-under-test.ts'

const notificationAdded = 'subscription { notificationAdded { cursor notification { body } } }'
const events = 5_000

it('reads no further than its reader, and sends a reader that pauses everything once', async () => {
  const { startReplica, sql, tokenOf } = await createSystem()
  const queries = countQueries()
  const { transport, subscribers, url } = await startReplica({ onQuery: queries.onQuery })
  const user = createUser()
  await transport.publish(userRegistered(user.id))

  let socket: WebSocket | undefined
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols)
        socket = this
      }
    },
    retryAttempts: 0,
  })
  onTestFinished(async () => client.terminate())
  const numbers: number[] = []
  const ends: unknown[] = []
  client.subscribe<{ notificationAdded: { cursor: string } }>(
    { query: notificationAdded, extensions: { identity: await tokenOf(user) } },
    {
      next: ({ data }) =>
        numbers.push(
          JSON.parse(Buffer.from(data?.notificationAdded.cursor ?? '', 'base64url').toString())[0],
        ),
      error: error => ends.push(error),
      complete: () => ends.push('complete'),
    },
  )
  await expect.poll(subscribers).toBe(1)
  const reads = () =>
    queries
      .statements()
      .filter(statement => /from notifications\s+where notifications.user_id = position/.test(statement))
      .length
  await expect.poll(reads).toBeGreaterThan(0)

  socket?.pause()
  // n.b. much more than the kernel buffers for a socket
  await sql.query(
    `with stored as (
       insert into notifications (id, user_id, seq, event_id, kind, title, body, created_at)
       select gen_random_uuid(), $1, seq, gen_random_uuid(), 'WELCOME', 'Welcome', repeat('news ', 1000), now()
       from generate_series(2, $2::integer + 1) as seq
     )
     update user_counters set last_seq = $2 + 1 where user_id = $1`,
    [user.id, events],
  )
  await sql.query('select pg_notify($1, $2)', ['live', `user:${user.id}`])
  let readsBefore = 0
  await expect
    .poll(
      () => {
        const isStuck = readsBefore > 1 && readsBefore === reads()
        readsBefore = reads()
        return isStuck
      },
      { interval: 300, timeout: 60_000 },
    )
    .toBe(true)
  expect(reads()).toBeLessThan((0.75 * events) / 100)

  socket?.resume()
  await expect.poll(() => numbers.length, { timeout: 60_000 }).toBe(events)
  expect(numbers).toEqual(Array.from({ length: events }, (_, index) => index + 2))
  expect(ends).toEqual([])
})
