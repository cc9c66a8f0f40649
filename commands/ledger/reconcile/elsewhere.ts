import type { OrderRecord, OrderRecords } from '@supergraph/ledger/order-records.ts'
import { orderNews } from '@supergraph/notifications/domain/order-news.ts'
import type { Elsewhere, ToldChange } from '@supergraph/orders/domain/catch-up.ts'
import { z } from 'zod'
import type { Shop } from './shop.ts'

type Letter = z.output<typeof orderNews>

/** What notifications was told of an order, and its letters about that. */
export type Told = {
  readonly customerId: string | null
  readonly changes: readonly ToldChange[]
  readonly letters: readonly Letter[]
}

const toldRow = z.object({
  type: z.string(),
  version: z.number(),
  eventId: z.string(),
  customerId: z.string(),
  at: z.date(),
  letter: orderNews.nullable().catch(null),
})

const kinds: Readonly<Record<string, ToldChange['kind']>> = {
  'order.placed': 'placed',
  'order.payment-changed': 'paymentChanged',
  'order.confirmed': 'confirmed',
  'order.rejected': 'rejected',
  'order.cancelled': 'cancelled',
  'order.shipped': 'shipped',
  'order.delivered': 'delivered',
  'order.refunded': 'refunded',
}

export const readTold = async ({ read }: Pick<Shop, 'read'>, orderId: string): Promise<Told> => {
  const rows = await read.notifications.rows(
    toldRow,
    `select type, version, event_id as "eventId", customer_id as "customerId", occurred_at as at,
       (select payload from emails where emails.event_id = order_updates.event_id limit 1) as letter
     from order_updates where order_id = $1 order by version`,
    [orderId],
  )
  return {
    customerId: rows[0]?.customerId ?? null,
    letters: rows.flatMap(({ letter }) => letter ?? []),
    changes: rows.flatMap(({ type, version, eventId, at, letter }) => {
      const kind = kinds[type]
      if (kind === undefined) return []
      return [
        {
          ...{ kind, version, eventId, at },
          reason: letter !== null && 'reason' in letter ? letter.reason : null,
          tracking:
            letter?.kind === 'ORDER_SHIPPED'
              ? { carrier: letter.carrier, trackingNumber: letter.trackingNumber }
              : null,
          refundedMinor: letter?.kind === 'ORDER_REFUNDED' ? letter.amount.amountMinor : null,
        },
      ]
    }),
  }
}

/** What others have of an order. */
export const elsewhereOf = ({ order, reservation, payments }: OrderRecords, { changes }: Told): Elsewhere => {
  const charge = payments.find(({ status }) => status === 'succeeded')
  const payment = charge ?? payments.find(({ status }) => live.includes(status))
  const known = order?.refunds ?? []
  return {
    changes,
    stock: stockOf(reservation.state, order),
    payment:
      payment === undefined
        ? null
        : {
            id: payment.id,
            isCharged: payment === charge,
            isReturned: payment === charge && payment.refundedMinor >= payment.receivedMinor,
          },
    refunds: (charge?.refunds ?? [])
      .filter(({ status }) => status !== 'failed' && status !== 'canceled')
      .filter(({ id, refundId }) => !known.some(own => own.id === refundId || own.providerId === id))
      // n.b. what the shop gives back of an order that it calls off has no id of the order's: that is the checkout's to find
      .flatMap(({ refundId, amountMinor }) => (refundId === null ? [] : [{ id: refundId, amountMinor }])),
  }
}

const live = ['requires_capture', 'requires_action', 'processing']

const stockOf = (
  state: OrderRecords['reservation']['state'],
  order: OrderRecord | null,
): Elsewhere['stock'] => {
  switch (state) {
    case 'RESERVED':
      return 'HELD'
    case 'COMMITTED':
      return 'TAKEN'
    case 'RELEASED':
    case 'REFUSED':
      return order?.stockState === 'REFUSED' ? 'NONE' : 'RETURNED'
    case 'EXPIRED':
    case null:
      return 'NONE'
    default:
      return state satisfies never
  }
}
