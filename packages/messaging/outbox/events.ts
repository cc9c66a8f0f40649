import { listen } from '@supergraph/postgres/listen.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { z } from 'zod'
import { outboxChannel } from './outbox.ts'
import { openOutboxSession } from './session.ts'

/** The events of an outbox, for people to look at. */
type OutboxEvents = Running & {
  /** The latest envelopes, oldest first. */
  recent(limit: number): Promise<readonly unknown[]>
  /** Hands over each envelope that is committed from now on, about in the order of the commits, until stopped. */
  follow(handle: (envelope: unknown) => void): Promise<Running>
}

// n.b. an id is drawn before its transaction commits: an event that comes late is at most this far below the newest
const lookBack = 1_000

/** Opens the outbox of a database for reading. */
export const openOutboxEvents = (url: string): OutboxEvents => {
  const outbox = openOutboxSession(url, 'events')
  const readLatest = () =>
    outbox.rows(
      row,
      `select id, envelope from outbox
       where id > coalesce((select max(id) from outbox), 0) - $1 order by id`,
      [lookBack],
    )

  return {
    recent: async limit => {
      const sql = 'select id, envelope from outbox order by id desc limit $1'
      const rows = await outbox.rows(row, sql, [limit])
      return rows.map(({ envelope }) => envelope).reverse()
    },
    follow: async handle => {
      let known = new Set<string>()
      const catchUp = async () => {
        const latest = await readLatest()
        for (const { id, envelope } of latest) if (!known.has(id)) handle(envelope)
        known = new Set(latest.map(({ id }) => id))
      }
      let reading: Promise<void> = Promise.resolve()
      const readOn = () => {
        // n.b. what could not be read now is read after the next notification or reconnection
        reading = reading.then(catchUp).catch(() => undefined)
      }
      known = new Set((await readLatest()).map(({ id }) => id))
      const listener = await listen({ url, channel: outboxChannel, onNotification: readOn })
      readOn()
      return {
        stop: async () => {
          await listener.stop()
          await reading
        },
      }
    },
    stop: outbox.stop,
  }
}

const row = z.object({ id: z.string(), envelope: z.unknown() })
