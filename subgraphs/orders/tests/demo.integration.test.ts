import { demoBaskets, demoOrderId, demoUserId } from '@supergraph/schema/demo.ts'
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

  it('cover every status, and each one has the version and the history that lead there', async () => {
    const rows = await orders.sql(
      `select orders.status, orders.version, orders.next_step, orders.total_minor,
         (select array_agg(status order by version) from order_changes where order_id = orders.id) as history,
         (select array_agg(at order by version) from order_changes where order_id = orders.id) as dates,
         (select sum(unit_price_minor * quantity)::int from order_items where order_id = orders.id) as items_minor
       from orders order by id`,
    )
    expect(new Set(rows.map(row => row.status))).toEqual(
      new Set(['PENDING', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'SHIPPED', 'DELIVERED', 'REFUNDED']),
    )
    for (const row of rows) {
      expect(row.history).toHaveLength(row.version)
      expect(row.history.at(-1)).toBe(row.status)
      expect(row.dates).toEqual(row.dates.toSorted((a: Date, b: Date) => a.getTime() - b.getTime()))
      expect(row.items_minor).toBe(row.total_minor)
      expect(row.next_step).toBeNull()
    }
  })

  it('hold stock, by what every service knows of them, unless it was given back or never taken', async () => {
    const rows = await orders.sql(
      `select id, status,
         (select array_agg(array[sku, quantity::text] order by position) from order_items
          where order_id = orders.id) as items
       from orders order by id`,
    )
    const holding: readonly unknown[] = ['PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED']
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

  it('tell their history as events with the dates of then', async () => {
    const [order] = await orders.sql<{ id: string; placed_at: Date }>(
      'select id, placed_at from orders order by id',
    )
    await vi.waitFor(() => expect(orders.events(order?.id ?? '')).toHaveLength(2), { timeout: 5_000 })
    expect(orders.events(order?.id ?? '')).toMatchObject([
      { type: 'order.placed', version: 1, time: order?.placed_at.toISOString() },
      { type: 'order.confirmed', version: 2 },
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
