import { type Database, type DatabaseOptions, openDatabase } from '@supergraph/postgres/data-source.ts'
import { CreateGraphs1796947200000 } from './migrations/1796947200000-create-graphs.ts'
import { CreateEventDocuments1797120000000 } from './migrations/1797120000000-create-event-documents.ts'
import { AddLabelShares1797130800000 } from './migrations/1797130800000-add-label-shares.ts'
import { CreateUsage1797134400000 } from './migrations/1797134400000-create-usage.ts'

/** Opens the registry's database and brings it up to date. */
export const openRegistryDatabase = (
  url: string,
  options: Pick<DatabaseOptions, 'directUrl' | 'onQuery'> = {},
): Promise<Database> =>
  openDatabase({
    ...options,
    service: 'registry',
    url,
    tables: [],
    migrations: [
      CreateGraphs1796947200000,
      CreateEventDocuments1797120000000,
      AddLabelShares1797130800000,
      CreateUsage1797134400000,
    ],
    poolSize: 8,
  })
