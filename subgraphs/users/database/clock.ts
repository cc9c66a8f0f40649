import type { EntityManager } from 'typeorm'

/**
 * What time it is for everyone on this database, whatever the clocks of the processes say. Read once the user's row is
 * locked, it goes by the order of the changes.
 */
export const readClock = async (manager: EntityManager): Promise<Date> => {
  // n.b. not now(), which is when the transaction began: before it waited for the lock
  const [clock]: readonly { readonly now: Date }[] = await manager.query('select clock_timestamp() as now')
  if (clock === undefined) throw new Error('PostgreSQL did not tell the time: try again')
  return clock.now
}
