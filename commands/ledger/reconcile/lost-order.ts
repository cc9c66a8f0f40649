import type { OrderRecords } from '@supergraph/ledger/order-records.ts'
import type { LostOrder } from '@supergraph/orders/database/recovery.ts'
import type { OrderLine } from '@supergraph/orders/domain/order.ts'
import { z } from 'zod'
import type { Told } from './elsewhere.ts'
import type { Shop } from './shop.ts'

const productRow = z.object({
  id: z.string(),
  sku: z.string(),
  name: z.string(),
  priceMinor: z.coerce.number(),
  currency: z.string(),
})

type Product = z.output<typeof productRow>

/** Collects what is left of an order that its database has lost; undefined if nobody knows whose it was. */
export const readLostOrder = async (
  { read }: Pick<Shop, 'read'>,
  records: OrderRecords,
  told: Told,
): Promise<LostOrder | undefined> => {
  if (told.customerId === null) return undefined
  const products = await read.products.rows(
    productRow,
    `select id, sku, name, price_minor as "priceMinor", currency from products
     where id = any ($1::uuid[]) or sku = any ($2::text[])`,
    [records.reservation.lines.map(({ productId }) => productId), itemsOf(told).map(({ sku }) => sku)],
  )
  const lines = linesOf(records, told, products)
  const [payment] = records.payments
  const total =
    payment === undefined
      ? (told.letters[0]?.total ?? { amountMinor: sumOf(lines), currency: products[0]?.currency ?? 'EUR' })
      : { amountMinor: payment.amountMinor, currency: payment.currency.toUpperCase() }
  return {
    id: records.orderId,
    customerId: told.customerId,
    number: told.letters[0]?.number ?? null,
    total,
    placedAt: told.changes[0]?.at ?? dateOf(records.orderId),
    lines: addUpTo(total.amountMinor, lines, records.orderId),
  }
}

/** n.b. an order's id is a UUIDv7, which tells when it was placed. */
const dateOf = (id: string): Date => new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16))

const itemsOf = ({ letters }: Told) => letters.find(letter => letter.kind === 'ORDER_CONFIRMED')?.items ?? []

const linesOf = (
  { reservation }: OrderRecords,
  told: Told,
  products: readonly Product[],
): readonly OrderLine[] => {
  const written = itemsOf(told)
  // n.b. products may have lost the reservation too
  if (reservation.lines.length === 0)
    return written.flatMap(item => {
      const product = products.find(({ sku }) => sku === item.sku)
      return product === undefined ? [] : [{ ...item, productId: product.id }]
    })
  return reservation.lines.map(({ productId, quantity }) => {
    const product = products.find(({ id }) => id === productId)
    const sold = written.find(({ sku }) => sku === product?.sku)
    return {
      ...{ productId, quantity },
      productName: sold?.productName ?? product?.name ?? 'unknown',
      sku: sold?.sku ?? product?.sku ?? 'unknown',
      unitPriceMinor: sold?.unitPriceMinor ?? product?.priceMinor ?? 0,
    }
  })
}

/** Makes lines cost the total, if prices have changed since: one unit then has the difference, or all of the total. */
export const addUpTo = (
  totalMinor: number,
  lines: readonly OrderLine[],
  orderId: string,
): readonly OrderLine[] => {
  const [first, ...others] = lines
  if (first === undefined)
    return [
      {
        ...{ productId: orderId, productName: 'unknown', sku: 'unknown' },
        ...{ unitPriceMinor: totalMinor, quantity: 1 },
      },
    ]
  const missingMinor = totalMinor - sumOf(lines)
  if (missingMinor === 0) return lines
  const isEnough = first.unitPriceMinor + missingMinor >= 0
  const rest = { ...first, quantity: first.quantity - 1 }
  const unchanged = [...(rest.quantity > 0 ? [rest] : []), ...others]
  return isEnough
    ? [{ ...first, quantity: 1, unitPriceMinor: first.unitPriceMinor + missingMinor }, ...unchanged]
    : [
        { ...first, quantity: 1, unitPriceMinor: totalMinor },
        ...unchanged.map(line => ({ ...line, unitPriceMinor: 0 })),
      ]
}

const sumOf = (lines: readonly OrderLine[]): number =>
  lines.reduce((sum, { unitPriceMinor, quantity }) => sum + unitPriceMinor * quantity, 0)
