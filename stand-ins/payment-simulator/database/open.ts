import { type Database, type DatabaseOptions, openDatabase } from '@supergraph/postgres/data-source.ts'
import { CreatePayments1795172400000 } from './migrations/1795172400000-create-payments.ts'
import { WidenAmounts1796169600000 } from './migrations/1796169600000-widen-amounts.ts'
import { AwaitCustomers1796749200000 } from './migrations/1796749200000-await-customers.ts'
import { KeepEvents1796752800000 } from './migrations/1796752800000-keep-events.ts'
import { SettleLater1796756400000 } from './migrations/1796756400000-settle-later.ts'
import { tables } from './tables.ts'

/** Opens the simulator's database and brings it up to date. */
export const openPaymentSimulatorDatabase = (
  url: string,
  options: Pick<DatabaseOptions, 'directUrl'> = {},
): Promise<Database> =>
  openDatabase({
    ...options,
    service: 'payment-simulator',
    url,
    tables,
    migrations: [
      CreatePayments1795172400000,
      WidenAmounts1796169600000,
      AwaitCustomers1796749200000,
      KeepEvents1796752800000,
      SettleLater1796756400000,
    ],
  })
