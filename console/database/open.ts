import { type Database, type DatabaseOptions, openDatabase } from '@supergraph/postgres/data-source.ts'
import { CreateTraces1796688000000 } from './migrations/1796688000000-create-traces.ts'
import { CreatePlansAndLines1796774400000 } from './migrations/1796774400000-create-plans-and-lines.ts'
import { CreateActs1796860800000 } from './migrations/1796860800000-create-acts.ts'

/** Opens the console's database and brings it up to date. */
export const openConsoleDatabase = (
  url: string,
  options: Pick<DatabaseOptions, 'directUrl'> = {},
): Promise<Database> =>
  openDatabase({
    ...options,
    service: 'console',
    url,
    tables: [],
    migrations: [CreateTraces1796688000000, CreatePlansAndLines1796774400000, CreateActs1796860800000],
    poolSize: 4,
  })
