import type { DataSource, EntityManager } from 'typeorm'

/** Runs a transaction once no other one under this key is running, in whichever process. */
export const oneAtATime = <Result>(
  database: DataSource,
  key: number,
  run: (manager: EntityManager) => Promise<Result>,
): Promise<Result> =>
  database.transaction(async manager => {
    await manager.query('select pg_advisory_xact_lock($1)', [key])
    return run(manager)
  })
