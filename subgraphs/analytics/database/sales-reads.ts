import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { DataSource } from 'typeorm'
import type { Figures } from '../domain/sales.ts'

/** Days in ISO 8601, the first and the last one included. */
export type Days = { readonly from: string; readonly to: string }

/** Figures in a currency, and what they come to. */
export type Total = Figures & { readonly currency: string; readonly revenueMinor: number }

export type DayTotal = Total & { readonly day: string }

export type ProductTotal = Total & { readonly productId: string; readonly name: string; readonly sku: string }

/** A product and how many of its units are sold and kept. */
export type UnitsSold = { readonly productId: string; readonly unitsSold: number }

/** Reads the figures. */
export type SalesReads = ReturnType<typeof createSalesReads>

export const createSalesReads = (dataSource: DataSource) => ({
  /** The units sold of those products, by lower-case id, of which any ever were. */
  unitsSold: (productIds: readonly string[]): Promise<readonly UnitsSold[]> =>
    dataSource.query(
      `select product_id as "productId", units_sold::float8 as "unitsSold"
       from product_sales where product_id = any ($1::uuid[])`,
      [productIds.filter(isUuid)],
    ),

  /** The products that sell best, archived ones and those of which nothing is sold left out. */
  bestSellers: (limit: number): Promise<readonly (UnitsSold & { readonly name: string })[]> =>
    dataSource.query(
      `select product_id as "productId", name, units_sold::float8 as "unitsSold"
       from product_sales join products using (product_id)
       where units_sold > 0 and not is_archived
       order by units_sold desc, product_id
       limit $1`,
      [limit],
    ),

  /** One for each currency, by its code. */
  totals: ({ from, to }: Days): Promise<readonly Total[]> =>
    dataSource.query(
      `select currency, ${figures} from daily_sales where ${isSale}
       group by currency order by currency`,
      [from, to],
    ),

  /** One for each day and currency, oldest first. */
  days: ({ from, to }: Days): Promise<readonly DayTotal[]> =>
    dataSource.query(
      `select day::text, currency, ${figures} from daily_sales where ${isSale}
       group by day, currency order by day, currency`,
      [from, to],
    ),

  /** One for each product and currency, `limit` of them, by currency, most revenue first. */
  products: ({ from, to }: Days, limit: number): Promise<readonly ProductTotal[]> =>
    dataSource.query(
      `select product_id as "productId", name, sku, currency, ${figures}
       from daily_sales join products using (product_id) where ${isSale}
       group by product_id, name, sku, currency
       order by currency, "revenueMinor" desc, product_id
       limit $3`,
      [from, to, limit],
    ),
})

// n.b. a refund whose event came before an earlier one may leave a row of zeros
const isSale = `day between $1::date and $2::date
  and (units_sold, units_returned, sold_minor, returned_minor) <> (0, 0, 0, 0)`

// n.b. float8 holds every sum up to 2^53, and bigint would come as text
const figures = `
  sum(units_sold)::float8 as "unitsSold", sum(units_returned)::float8 as "unitsReturned",
  sum(sold_minor)::float8 as "soldMinor", sum(returned_minor)::float8 as "returnedMinor",
  sum(sold_minor - returned_minor)::float8 as "revenueMinor"`
