import { expect } from 'vitest'
import { z } from 'zod'
import { orders, type TestProducts } from './products-under-test.ts'

export type Line = { readonly productId: string; readonly quantity: number }

const outcome = z.object({
  outcome: z.looseObject({ __typename: z.string(), items: z.array(z.unknown()).optional() }),
})
const counted = z.object({ available: z.number() })
const book = z
  .object({
    onHand: z.number(),
    reserved: z.number(),
    available: z.number(),
    version: z.number(),
    ledgerOnHand: z.number(),
    ledgerReserved: z.number(),
    held: z.number(),
    told: z.number(),
    events: z.number(),
  })
  .refine(
    ({ onHand, reserved, available, version, ...book }) =>
      book.ledgerOnHand === onHand &&
      book.ledgerReserved === reserved &&
      book.held === reserved &&
      book.told === available &&
      book.events === version,
    { error: 'the product, its ledger, its reservations and its events tell different things' },
  )

const shortage = '... on StockShortage { items { productId requested available } }'

export const reserveQuery = `mutation ($input: ReserveStockInput!) {
  outcome: reserveStock(input: $input) { __typename ... on ReserveStockSuccess { orderId } ${shortage} }
}`
export const holdQuery = `mutation ($input: HoldStockInput!) {
  outcome: holdStock(input: $input) { __typename ... on HoldStockSuccess { orderId expiresAt } }
}`
export const commitQuery = `mutation ($input: CommitStockInput!) {
  outcome: commitStock(input: $input) { __typename ... on CommitStockSuccess { orderId } ${shortage} }
}`
export const releaseQuery = `mutation ($input: ReleaseStockInput!) {
  outcome: releaseStock(input: $input) { __typename ... on ReleaseStockSuccess { orderId } }
}`

/** What orders does at products, and what is then in the books. */
export const reservingAt = (products: () => TestProducts) => {
  const run = async (query: string, input: object) => {
    const { data, codes } = await products().ask(orders, query, { input })
    expect(codes).toEqual([])
    return outcome.parse(data).outcome
  }
  return {
    reserve: (orderId: string, items: readonly Line[]) => run(reserveQuery, { orderId, items }),
    hold: (orderId: string, prolong: boolean) => run(holdQuery, { orderId, prolong }),
    commit: (orderId: string) => run(commitQuery, { orderId }),
    release: (orderId: string) => run(releaseQuery, { orderId }),

    available: async (productId: string): Promise<number> => {
      const [row] = await products().rows('select available from products where id = $1', [productId])
      return counted.parse(row).available
    },
    /** The state of an order's reservation and the units of its lines. */
    reservation: (orderId: string) =>
      products().rows(
        `select state, coalesce(sum(quantity), 0)::integer as units
         from reservations left join reservation_lines using (order_id) where order_id = $1 group by order_id`,
        [orderId],
      ),
    /** Puts the end of an order's reservation into the past. */
    makeOverdue: (orderId: string) =>
      products().rows(
        `update reservations set expires_at = now() - interval '1 second'
         where order_id = $1 and state = 'RESERVED'`,
        [orderId],
      ),
    /** Each product as it is; fails if its ledger, its reservations or its events disagree with it. */
    books: async (ids: readonly string[]) => {
      const rows = await products().rows(
        `select on_hand as "onHand", reserved, version,
                case when archived_at is null then available else 0 end as available,
                (select coalesce(sum(on_hand_delta), 0)::integer from stock_movements
                 where product_id = products.id) as "ledgerOnHand",
                (select coalesce(sum(reserved_delta), 0)::integer from stock_movements
                 where product_id = products.id) as "ledgerReserved",
                (select coalesce(sum(quantity), 0)::integer from reservation_lines join reservations using (order_id)
                 where product_id = products.id and state = 'RESERVED') as held,
                (select (envelope -> 'data' ->> 'available')::integer from outbox
                 where aggregate_id = products.id::text order by id desc limit 1) as told,
                (select count(*)::integer from outbox where aggregate_id = products.id::text) as events
         from products where id = any ($1) order by id`,
        [ids],
      )
      return z
        .array(book)
        .parse(rows)
        .map(({ onHand, reserved, version }) => ({ onHand, reserved, version }))
    },
  }
}
