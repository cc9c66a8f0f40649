import { dayMs, type History } from '../history.ts'
import { currency, each, eventId, iso, isTaken, kept, numbers, type Table, unitPriceMinor } from './table.ts'

const productsSoldOnADay = 2_000

export const analyticsTables = (history: History): readonly Table[] => {
  const { endMs, productIds, orderCount } = history
  const soldOnADay = Math.min(productIds.length, Math.ceil(orderCount / 365), productsSoldOnADay)
  return [
    {
      table: 'order_facts',
      columns: ['order_id', 'version', 'fact'],
      rows: history
        .orders()
        .filter(isTaken)
        .map(order => [
          order.id,
          2,
          {
            ...{ kind: 'confirmed', version: 2, day: iso(order.atMs).slice(0, 10), currency },
            lines: order.lines.map(line => ({ ...line, unitPriceMinor })),
          },
        ]),
    },
    {
      table: 'daily_sales',
      columns: [
        'day',
        'product_id',
        'currency',
        'units_sold',
        'units_returned',
        'sold_minor',
        'returned_minor',
      ],
      rows: each(numbers(366), day =>
        [...numbers(soldOnADay)].map(place => [
          iso(endMs - day * dayMs).slice(0, 10),
          productIds[(day * 97 + place) % productIds.length] ?? '',
          ...[currency, 3, 1, 3 * unitPriceMinor, unitPriceMinor],
        ]),
      ),
    },
    {
      table: 'daily_totals',
      columns: ['day', 'currency', 'units_sold', 'units_returned', 'sold_minor', 'returned_minor'],
      rows: numbers(366).map(day => [
        iso(endMs - day * dayMs).slice(0, 10),
        currency,
        ...[3, 1, 3 * unitPriceMinor, unitPriceMinor].map(value => value * soldOnADay),
      ]),
    },
    {
      table: 'product_sales',
      columns: ['product_id', 'units_sold'],
      rows: numbers(productIds.length).map(number => [productIds[number] ?? '', 1 + (number % 1_000)]),
    },
    {
      table: 'products',
      columns: ['product_id', 'name', 'sku', 'is_archived', 'version', 'named_at'],
      rows: numbers(productIds.length).map(number => [
        productIds[number] ?? '',
        'A product',
        'SKU',
        false,
        1,
        iso(endMs),
      ]),
    },
    {
      table: 'inbox',
      columns: ['message_id', 'queue', 'handled_at'],
      rows: each(history.orders(kept.messages), order => [
        [eventId(order, 2), 'analytics.on-order-changed', iso(order.atMs)],
      ]),
    },
  ]
}
