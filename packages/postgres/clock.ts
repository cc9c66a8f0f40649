import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { row } from './statements.ts'

/** The time of day for all processes of a service: that of their database. */
export type Clock = { readonly now: () => Date }

const readEveryMs = 10_000
const told = z.object({ atMs: z.number() })

/**
 * Follows the database's clock. A process whose own clock is wrong, or jumps, has the right time all the same; while the
 * database does not answer, its time goes on. Throws if it does not answer at first.
 */
export const startClock = async (
  database: DataSource,
  { everyMs = readEveryMs }: { readonly everyMs?: number } = {},
): Promise<Clock & Running> => {
  const read = async (): Promise<number> => {
    const askedAtMs = performance.now()
    const clock = await row(
      database,
      told,
      'select extract(epoch from clock_timestamp())::float8 * 1000 as "atMs"',
    )
    if (clock === undefined) throw new Error('PostgreSQL did not tell the time: try again')
    return clock.atMs - (askedAtMs + performance.now()) / 2
  }
  let zeroAtMs = await read()
  const loop = startLoop({
    everyMs,
    work: async () => {
      zeroAtMs = await read()
    },
    // n.b. whoever uses the database says that it is away
    onError: () => {},
  })
  return { now: () => new Date(zeroAtMs + performance.now()), stop: loop.stop }
}
