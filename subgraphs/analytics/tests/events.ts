import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { OrderCancelled, OrderConfirmed, OrderRefunded } from '@supergraph/schema/events/orders.ts'
import { ProductUpdated } from '@supergraph/schema/events/products.ts'

type Line = { readonly productId: string; readonly quantity: number; readonly unitPriceMinor: number }

/** The events in the life of an order of these lines; each call gives another event. */
export const createOrderEvents = (lines: readonly Line[], { currency = 'EUR' } = {}) => {
  const orderId = uuidv7()
  const amountMinor = lines.reduce((sum, line) => sum + line.unitPriceMinor * line.quantity, 0)
  const order = { orderId, number: '100001', customerId: uuidv7(), total: { amountMinor, currency } }
  const head = (version: number, at: string) => ({
    id: uuidv7(),
    subject: orderId,
    version,
    occurredAt: new Date(at),
  })
  return {
    confirmed: (at: string, productName = 'Mug') =>
      OrderConfirmed.create({
        ...head(2, at),
        data: { ...order, items: lines.map(line => ({ ...line, productName, sku: 'MUG' })) },
      }),
    cancelled: (at: string, version = 3) =>
      OrderCancelled.create({ ...head(version, at), data: { ...order, reason: null } }),
    /** A refund of one unit of the first line. */
    refunded: (at: string, version = 3) => {
      const items = lines.slice(0, 1).map(({ productId }) => ({ productId, quantity: 1 }))
      const amount = { amountMinor: lines[0]?.unitPriceMinor ?? 0, currency }
      const refund = { refundId: uuidv7(), amount, isFull: false, items, reason: null }
      return OrderRefunded.create({ ...head(version, at), data: { ...order, ...refund } })
    },
    /** A refund of everything that is left. */
    refundedInFull: (at: string, version: number) => {
      const amount = { amountMinor, currency }
      const refund = { refundId: uuidv7(), amount, isFull: true, items: [], reason: null }
      return OrderRefunded.create({ ...head(version, at), data: { ...order, ...refund } })
    },
  }
}

export const productUpdated = (productId: string, version: number, name: string, isArchived = false) =>
  ProductUpdated.create({
    id: uuidv7(),
    subject: `catalogue/${productId}`,
    version,
    occurredAt: new Date('2020-01-01T00:00:00.000Z'),
    data: {
      productId,
      sku: 'MUG-1',
      name,
      category: null,
      price: { amountMinor: 1_000, currency: 'EUR' },
      isArchived,
    },
  })
