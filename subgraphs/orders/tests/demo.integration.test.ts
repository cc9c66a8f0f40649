import { demoBaskets, demoOrderId, demoPayments, demoUserId } from '@supergraph/demo/demo-shop.ts'
import { describe, expect, it, vi } from 'vitest'
import { customer, staff, startOrdersUnderTest } from './orders-under-test.ts'
import { cancel } from './placing.ts'

const orders = await startOrdersUnderTest({ DEMO_DATA: 'true' })
const total = async () => (await orders.sql('select id from orders')).length

describe('the demo orders', () => {
  it('are added once, also when a second process starts', async () => {
    const before = await total()
    expect(before).toBe(14)
    await Promise.all([orders.start(), orders.start()])
    expect(await total()).toBe(before)
  })

  it('cover every status in which nothing is under way, and each one has the version and the history that lead there', async () => {
    const rows = await orders.sql(
      `select orders.status, orders.version, orders.step, orders.total_minor::int,
         (select array_agg(status order by version) from order_changes where order_id = orders.id) as history,
         (select array_agg(at order by version) from order_changes where order_id = orders.id) as dates,
         (select sum(unit_price_minor * quantity)::int from order_items where order_id = orders.id) as items_minor
       from orders order by id`,
    )
    expect(new Set(rows.map(row => row.status))).toEqual(
      new Set(['CONFIRMED', 'REJECTED', 'CANCELLED', 'SHIPPED', 'DELIVERED', 'REFUNDED']),
    )
    for (const row of rows) {
      expect(row.history).toHaveLength(row.version)
      expect(row.history.at(-1)).toBe(row.status)
      expect(row.dates).toEqual(row.dates.toSorted((a: Date, b: Date) => a.getTime() - b.getTime()))
      expect(row.items_minor).toBe(row.total_minor)
      expect(row.step).toBeNull()
    }
  })

  it('hold stock, by what every service knows of them, unless it was given back or never taken', async () => {
    const rows = await orders.sql(
      `select id, status,
         (select array_agg(array[sku, quantity::text] order by position) from order_items
          where order_id = orders.id) as items
       from orders order by id`,
    )
    const holding: readonly unknown[] = ['CONFIRMED', 'SHIPPED', 'DELIVERED', 'REFUNDED']
    expect(
      rows.map(({ id, status, items }) => ({ id, items, holdsStock: holding.includes(status) })),
    ).toEqual(
      Object.entries(demoBaskets).map(([placedAt, { items, holdsStock }]) => ({
        id: demoOrderId(placedAt),
        items: items.map(([sku, quantity]) => [sku, String(quantity)]),
        holdsStock,
      })),
    )
  })

  it('have the payments that the provider knows of, and refunds that add up to what it returned', async () => {
    const rows = await orders.sql(
      `select id as "orderId", payment_id as "paymentId", total_minor::int as "amountMinor", currency,
         payment_method as method, refunded_minor::int as "refundedMinor", payment_state as state,
         (select id from refunds where order_id = orders.id and actor_kind = 'STAFF') as "refundId",
         (select coalesce(sum(amount_minor), 0)::int from refunds
           where order_id = orders.id and state = 'SUCCEEDED') as refunds_minor
       from orders where payment_id is not null order by id`,
    )
    expect(rows.map(({ refunds_minor: _, ...payment }) => payment)).toEqual(
      demoPayments.map(({ at: _, ...payment }) => payment),
    )
    for (const row of rows) expect(row.refunds_minor).toBe(row.refundedMinor)
  })

  it('have an event for each change', async () => {
    const rows = await orders.sql(
      `select orders.id, orders.version,
         (select array_agg((envelope ->> 'version')::int order by outbox.id) from outbox
           where aggregate_id = orders.id::text) as versions
       from orders`,
    )
    for (const row of rows) {
      expect(row.versions).toEqual(Array.from({ length: row.version }, (_, index) => index + 1))
    }
  })

  it('tell their history as events with the dates of then', async () => {
    const [order] = await orders.sql<{ id: string; placed_at: Date }>(
      'select id, placed_at from orders order by id',
    )
    await vi.waitFor(() => expect(orders.events(order?.id ?? '')).toHaveLength(4), { timeout: 60_000 })
    expect(orders.events(order?.id ?? '')).toMatchObject([
      { type: 'order.placed', version: 1, time: order?.placed_at.toISOString() },
      { type: 'order.confirmed', version: 2 },
      { type: 'order.shipped', version: 3, data: { carrier: 'DHL' } },
      { type: 'order.delivered', version: 4 },
    ])
  })

  it('can be read and cancelled by their customers', async () => {
    const ada = customer(demoUserId('ada@example.com'))
    const [confirmed] = await orders.sql<{ id: string }>(
      `select id from orders where customer_id = $1 and status = 'CONFIRMED'`,
      [ada.id],
    )
    const answer = await cancel(orders, ada, confirmed?.id ?? '')
    expect(answer.order).toMatchObject({ status: 'CANCELLED', version: 3 })
    expect(orders.products.reservation(confirmed?.id ?? '')).toBe('RELEASED')
    const { errors } = await orders.ask(
      staff,
      '{ orders(first: 100) { edges { node { timeline { at } } } } }',
    )
    expect(errors).toBeUndefined()
  })
})
