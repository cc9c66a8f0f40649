import { setTimeout as pause } from 'node:timers/promises'
import type { SmallDisk } from '../../testbed/small-disk.ts'
import type { EventScenario } from '../events/event-scenario.ts'
import { readinessOf } from './readiness.ts'
import { underCondition } from './under-condition.ts'

/** Leaves no room on the disk of PostgreSQL for `size` seconds, until it writes no log either and stops; then there is room again. */
export const createDiskFull = (disk: SmallDisk | undefined): EventScenario => ({
  name: 'disk-full',
  guarantee:
    "PostgreSQL's disk is full, until the server stops: nothing told is lost, and all goes on with room",
  sizes: { full: 20, short: 5 },
  run: context =>
    underCondition(context, async ({ system, size, phase, expect, advance, noteKill }) => {
      if (disk === undefined) return
      const { database } = system
      await disk.fill()
      try {
        const { whole } = await phase('there is no room', () => pause(size * 500))
        expect(whole > 0, 'no page was read while there was no room')
        noteKill()
        await phase('PostgreSQL has no room for its log', async () => {
          await database.fillLog()
          await pause(size * 500)
          const { isReady } = await readinessOf(system, 'orders-1')
          expect(!isReady, 'orders-1 says that it is ready, and PostgreSQL has no room for its log')
        })
      } finally {
        await disk.empty()
      }
      await phase('there is room, and PostgreSQL is started', () => database.restart('fast'))
      for (let second = 0; second < size; second += 1) advance()
    }),
})
