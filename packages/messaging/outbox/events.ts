import { asUnavailable, sessionSettings } from '@supergraph/postgres/connection.ts'
import { listen } from '@supergraph/postgres/listen.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Pool } from 'pg'
import { z } from 'zod'
import { outboxChannel } from './outbox.ts'

/** What an outbox has written, for people to look at. */
export type OutboxEvents = Running & {
  /** The latest envelopes, oldest first. */
  recent(limit: number): Promise<readonly unknown[]>
  /** Hands over each envelope that is committed from now on, about in the order of the commits, until stopped. */
  follow(handle: (envelope: unknown) => void): Promise<Running>
}

// n.b. an id is drawn before its transaction commits: what comes late lies this far below the newest at most
const lookBack = 1_000

/** Opens the outbox of a database for reading. */
export const openOutboxEvents = (url: string): OutboxEvents => {
  const pool = new Pool({ connectionString: url, max: 1, ...sessionSettings('events') })
  // n.b. the pool has already discarded the broken connection and opens another on demand
  pool.on('error', () => {})
  const read = async (statement: string, parameters: readonly unknown[]) => {
    try {
      const { rows } = await pool.query(statement, [...parameters])
      return z.array(row).parse(rows)
    } catch (error) {
      throw asUnavailable('the events', url, error) ?? error
    }
  }
  const readLatest = () =>
    read(
      `select id, envelope from outbox
       where id > coalesce((select max(id) from outbox), 0) - $1 order by id`,
      [lookBack],
    )

  return {
    recent: async limit => {
      const rows = await read('select id, envelope from outbox order by id desc limit $1', [limit])
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
      const listener = await listen({
        url,
        channel: outboxChannel,
        onNotification: readOn,
        onReconnect: readOn,
      })
      readOn()
      return {
        stop: async () => {
          await listener.stop()
          await reading
        },
      }
    },
    stop: () => pool.end(),
  }
}

const row = z.object({ id: z.string(), envelope: z.unknown() })
