import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { expect, it, onTestFinished } from 'vitest'
import { CreateSales1795777800000 } from '../database/migrations/1795777800000-create-sales.ts'
import { openAnalyticsDatabase } from '../database/open.ts'

it('keeps the totals of a day equal to the sums of its products, those from before the totals and those since', async () => {
  const { database, stop } = await startAll(async use => {
    const { url, drop } = await createTestDatabase()
    use({ stop: drop })
    const before = await openDatabase({
      service: 'analytics',
      url,
      tables: [],
      migrations: [...messagingMigrations, CreateSales1795777800000],
    })
    await before.query(sell(3, '2026-03-01')).finally(before.stop)
    return { database: use(await openAnalyticsDatabase(url)) }
  })
  onTestFinished(stop)
  const compare = async (days: number) => {
    const sums = await database.query(
      `select day, currency, ${sumsOf('units_sold', 'units_returned', 'sold_minor', 'returned_minor')}
       from daily_sales group by day, currency order by day, currency`,
    )
    expect(sums).toHaveLength(2 * days)
    expect(await database.query('select * from daily_totals order by day, currency')).toEqual(sums)
  }
  await compare(1)
  // n.b. one statement that changes rows and inserts others
  await database.query(sell(5, '2026-03-01', '2026-03-02'))
  await compare(2)
  await database.query('truncate daily_sales')
  await compare(0)
})

const sumsOf = (...columns: readonly string[]): string =>
  columns.map(column => `sum(${column})::bigint as ${column}`).join(', ')

/** Sells as many products, in two currencies on each of the days. */
const sell = (products: number, ...days: readonly string[]): string => `
  insert into daily_sales as kept (day, product_id, currency, units_sold, units_returned, sold_minor, returned_minor)
  select day, ('00000000-0000-0000-0000-' || lpad(product::text, 12, '0'))::uuid, currency, product, 1, 100 * product, 100
  from unnest(array['${days.join("', '")}']::date[]) as day
    cross join generate_series(1, ${products}) as product cross join unnest(array['EUR', 'GBP']) as currency
  on conflict (day, product_id, currency) do update set
    units_sold = kept.units_sold + excluded.units_sold, units_returned = kept.units_returned + excluded.units_returned,
    sold_minor = kept.sold_minor + excluded.sold_minor, returned_minor = kept.returned_minor + excluded.returned_minor`
