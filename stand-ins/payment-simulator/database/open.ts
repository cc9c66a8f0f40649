import { type Database, openDatabase } from '@supergraph/postgres/data-source.ts'
import { CreatePayments1795172400000 } from './migrations/1795172400000-create-payments.ts'
import { WidenAmounts1796169600000 } from './migrations/1796169600000-widen-amounts.ts'
import { tables } from './tables.ts'

/** Opens the simulator's database and brings it up to date. */
export const openPaymentSimulatorDatabase = (url: string): Promise<Database> =>
  openDatabase({
    service: 'payment-simulator',
    url,
    tables,
    migrations: [CreatePayments1795172400000, WidenAmounts1796169600000],
  })
