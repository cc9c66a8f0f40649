import { setTimeout as pause } from 'node:timers/promises'
import { waitUntil } from '../../testbed/waiting.ts'
import type { EventScenario } from '../events/event-scenario.ts'
import { readinessOf } from './readiness.ts'
import { underCondition } from './under-condition.ts'

const asked = ['users', 'products-1', 'orders-1', 'orders-2', 'notifications-1'] as const

/** Loses the databases; a standby is starting up for a third of `size` seconds, and takes only what reads for two thirds. */
export const databaseInRecovery: EventScenario = {
  name: 'database-in-recovery',
  guarantee: 'a standby takes the place of PostgreSQL: it starts up, reads, and is promoted; processes go on',
  sizes: { full: 24, short: 6 },
  run: context =>
    underCondition(context, async ({ system, size, phase, expect, advance, noteKill }) => {
      const { database } = system
      const startsForMs = (size * 1_000) / 3
      noteKill()
      await phase('PostgreSQL starts up', async () => {
        const failedOver = database.failOver(startsForMs)
        await pause(startsForMs - 500)
        for (const name of asked) {
          const { isReady } = await readinessOf(system, name)
          expect(!isReady, `${name} says that it is ready while its database starts up`)
        }
        await failedOver
      })
      const { whole } = await phase('PostgreSQL only reads', async () => {
        await waitUntil('every process is ready to read', async () => {
          const all = await Promise.all(asked.map(name => readinessOf(system, name)))
          return all.every(({ isReady }) => isReady)
        })
        for (const name of asked) {
          const { body } = await readinessOf(system, name)
          expect(
            body.dependencies['database for writing']?.usable === false,
            `${name} says that it can write while its database only reads`,
          )
        }
        await pause(2 * startsForMs)
      })
      expect(whole > 0, 'no page was read while PostgreSQL only read')
      await phase('PostgreSQL is promoted', () => database.promote())
      for (let second = 0; second < size; second += 1) advance()
    }),
}
