import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import {
  type DatabaseOptions,
  openServiceDatabase,
  type ServiceDatabase,
} from '@supergraph/postgres/data-source.ts'
import { CreateCatalogue1767600000000 } from './migrations/1767600000000-create-catalogue.ts'
import { SplitStock1795171200000 } from './migrations/1795171200000-split-stock.ts'
import { AddCatalogueVersion1795777800000 } from './migrations/1795777800000-add-catalogue-version.ts'
import { SearchAsPeopleType1795782000000 } from './migrations/1795782000000-search-as-people-type.ts'
import { WidenPrices1796169600000 } from './migrations/1796169600000-widen-prices.ts'
import { PartTradeMarks1796173200000 } from './migrations/1796173200000-part-trade-marks.ts'
import { SearchWords1796400000000 } from './migrations/1796400000000-search-words.ts'
import { FillSearchWords1796400001000 } from './migrations/1796400001000-fill-search-words.ts'
import { SortCategories1796486400000 } from './migrations/1796486400000-sort-categories.ts'
import { ProlongReservations1796745600000 } from './migrations/1796745600000-prolong-reservations.ts'
import { tables } from './tables.ts'

/** Opens the database of products and brings it up to date; `onQuery` sees each SQL statement. */
export const openProductsDatabase = (
  url: string,
  options: Pick<DatabaseOptions, 'directUrl' | 'onQuery'> = {},
): Promise<ServiceDatabase> =>
  openServiceDatabase({
    ...options,
    service: 'products',
    url,
    tables,
    migrations: [
      ...messagingMigrations,
      CreateCatalogue1767600000000,
      SplitStock1795171200000,
      AddCatalogueVersion1795777800000,
      SearchAsPeopleType1795782000000,
      WidenPrices1796169600000,
      PartTradeMarks1796173200000,
      SearchWords1796400000000,
      FillSearchWords1796400001000,
      SortCategories1796486400000,
      ProlongReservations1796745600000,
    ],
  })
