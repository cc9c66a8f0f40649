import { rows } from '@supergraph/postgres/statements.ts'
import { badUserInput } from '@supergraph/runtime/errors.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import type { Figures } from '../domain/sales.ts'

/** Days in ISO 8601; the first and the last day are included. */
export type Days = { readonly from: string; readonly to: string }

/** Reads the figures. */
export type SalesReads = ReturnType<typeof createSalesReads>

export const createSalesReads = (database: DataSource) => ({
  /** The units sold of those products, by id in lower case, of which any were ever sold. */
  unitsSold: (productIds: readonly string[]) =>
    rows(
      database,
      unitsSold,
      `select product_id as "productId", units_sold::float8 as "unitsSold"
       from product_sales where product_id = any ($1::uuid[])`,
      [productIds.filter(isUuid)],
    ),

  /** The products of which most units are sold, without archived products and those of which no unit is sold. */
  bestSellers: (limit: number) =>
    rows(
      database,
      unitsSold.extend({ name: z.string() }),
      `select product_id as "productId", name, units_sold::float8 as "unitsSold"
       from product_sales join products using (product_id)
       where units_sold > 0 and not is_archived
       order by units_sold desc, product_id
       limit $1`,
      [limit],
    ),

  /** The totals of each currency, ordered by its code. */
  totals: ({ from, to }: Days) =>
    rows(
      database,
      total,
      `select currency, ${figureColumns} from daily_totals where ${isSale}
       group by currency order by currency`,
      [from, to],
    ),

  /** The totals of each day and currency, oldest first. */
  days: ({ from, to }: Days) =>
    rows(
      database,
      total.extend({ day: z.string() }),
      `select day::text, currency, ${figureColumns} from daily_totals where ${isSale}
       group by day, currency order by day, currency`,
      [from, to],
    ),

  /** The totals of each product and currency, at most `limit`, ordered by currency, most revenue first. */
  products: ({ from, to }: Days, limit: number) =>
    rows(
      database,
      total.extend({ productId: z.string(), name: z.string(), sku: z.string() }),
      `select product_id as "productId", name, sku, most.*
       from (
         select product_id, currency, sum(sold_minor - returned_minor) as revenue, ${figureColumns}
         from daily_sales where ${isSale}
         group by product_id, currency
         order by currency, revenue desc, product_id
         limit $3
       ) as most join products using (product_id)
       order by currency, revenue desc, product_id`,
      [from, to, limit],
    ),
})

const unitsSold = z.object({ productId: z.string(), unitsSold: z.number() })

const sumMinor = z.string().transform(text => {
  const sum = Number(text)
  if (Number.isSafeInteger(sum)) return sum
  throw badUserInput(
    `What was sold on these days adds up to ${text} in the currency's minor unit, and ${Number.MAX_SAFE_INTEGER} is the most that can be told: ask for fewer days.`,
  )
})

const figures = z.object({
  unitsSold: z.number(),
  unitsReturned: z.number(),
  soldMinor: sumMinor,
  returnedMinor: sumMinor,
}) satisfies z.ZodType<Figures>

const total = figures.extend({ currency: z.string(), revenueMinor: sumMinor })

// n.b. if the event of a refund overtakes that of an earlier refund, a row of zeros may remain
const isSale = `day between $1::date and $2::date
  and (units_sold, units_returned, sold_minor, returned_minor) <> (0, 0, 0, 0)`

const figureColumns = `
  sum(units_sold)::float8 as "unitsSold", sum(units_returned)::float8 as "unitsReturned",
  sum(sold_minor)::text as "soldMinor", sum(returned_minor)::text as "returnedMinor",
  sum(sold_minor - returned_minor)::text as "revenueMinor"`
