import { row } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'

/**
 * The time for everyone on this database, whatever the clocks of the processes say. If it is read after the user's row
 * is locked, the times are in the order of the changes.
 */
export const readClock = async (manager: EntityManager): Promise<Date> => {
  // n.b. now() is when the transaction began, before it waited for the lock
  const clock = await row(manager, z.object({ now: z.date() }), 'select clock_timestamp() as now')
  if (clock === undefined) throw new Error('PostgreSQL did not tell the time: try again')
  return clock.now
}
