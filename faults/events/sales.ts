import type { DatabaseServer } from '../../testbed/database-server.ts'
import { waitUntil } from '../../testbed/waiting.ts'

/** What is sold of a product and not returned, with the money in minor units. */
type Sold = { readonly productId: string; readonly units: number; readonly minor: number }

const shownProducts = 5

/** Compares the figures of analytics with the orders themselves, product by product; waits up to 30 s for them to agree. */
export const compareSales = async ({ query }: Pick<DatabaseServer, 'query'>): Promise<readonly string[]> => {
  let problems: readonly string[] = []
  const look = async () => {
    const ordered = await query<Sold>('orders', soldByOrders)
    const counted = await query<Sold>('analytics', soldByAnalytics)
    problems = differencesOf(ordered, counted)
    return problems.length === 0
  }
  await waitUntil('analytics agree with the orders', look, { pollMs: 200 }).catch(() => {})
  return problems.slice(0, shownProducts)
}

const differencesOf = (ordered: readonly Sold[], counted: readonly Sold[]): readonly string[] => {
  const countedOf = new Map(counted.map(sold => [sold.productId, sold]))
  const orderedIds = new Set(ordered.map(({ productId }) => productId))
  return [
    ...ordered.flatMap(({ productId, units, minor }) => {
      const { units: countedUnits = 0, minor: countedMinor = 0 } = countedOf.get(productId) ?? {}
      return units === countedUnits && minor === countedMinor
        ? []
        : [
            `product ${productId}: ${units} units for ${minor} are sold, analytics count ${countedUnits} for ${countedMinor}`,
          ]
    }),
    ...counted
      .filter(({ productId, units, minor }) => !orderedIds.has(productId) && (units !== 0 || minor !== 0))
      .map(({ productId, units }) => `product ${productId}: none is sold, analytics count ${units} units`),
  ]
}

const soldByOrders = `
  select product_id as "productId", sum(quantity)::float8 as units, sum(quantity * unit_price_minor)::float8 as minor
  from order_items join orders on orders.id = order_id
  where status in ('CONFIRMED', 'SHIPPED', 'DELIVERED') group by product_id`

// n.b. this reads both tables of analytics: units from one, money from the other
const soldByAnalytics = `
  select product_id as "productId", product_sales.units_sold::float8 as units,
    sum(sold_minor - returned_minor)::float8 as minor
  from product_sales left join daily_sales using (product_id) group by product_id, product_sales.units_sold`
