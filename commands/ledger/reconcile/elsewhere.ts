import type { OrderRecord, OrderRecords, PaymentRecord } from '@supergraph/ledger/order-records.ts'
import { orderNews } from '@supergraph/notifications/domain/order-news.ts'
import { type Elsewhere, paymentStandings, type ToldChange } from '@supergraph/orders/domain/elsewhere.ts'
import { namedUuid } from '@supergraph/runtime/uuid.ts'
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
    changes: rows.map(({ type, version, eventId, at, letter }) => ({
      ...{ kind: kinds[type] ?? null, version, eventId, at },
      reason: letter !== null && 'reason' in letter ? letter.reason : null,
      tracking:
        letter?.kind === 'ORDER_SHIPPED'
          ? { carrier: letter.carrier, trackingNumber: letter.trackingNumber }
          : null,
      refundedMinor: letter?.kind === 'ORDER_REFUNDED' ? letter.amount.amountMinor : null,
    })),
  }
}

/** What others have of an order. */
export const elsewhereOf = ({ order, reservation, payments }: OrderRecords, { changes }: Told): Elsewhere => {
  const charge = payments.find(({ status }) => status === 'succeeded')
  const standing = payments.map(payment => ({ id: payment.id, standing: standingOf(payment) }))
  const made = charge?.refunds ?? []
  // n.b. a PENDING refund may have succeeded at the provider since
  const ended = (order?.refunds ?? []).filter(({ state }) => state !== 'PENDING')
  return {
    changes,
    stock: stockOf(reservation.state, order),
    payment: paymentStandings.flatMap(rank => standing.filter(found => found.standing === rank))[0] ?? null,
    refunds: made
      .filter(({ status, isOurs, refundId }) => status === 'succeeded' && (refundId !== null || !isOurs))
      .filter(({ id, refundId }) => !ended.some(own => own.id === refundId || own.providerId === id))
      .map(({ id, refundId, amountMinor, madeAt }) =>
        refundId === null
          ? { id: namedUuid(`refund ${id}`, madeAt.getTime()), providerId: id, amountMinor }
          : { id: refundId, providerId: null, amountMinor },
      ),
    isGivenBack: made.some(refund => refund.isOurs && refund.refundId === null && !hasFailed(refund)),
    isDisputed: payments.some(({ disputes }) => disputes.length > 0),
    hasFailedRefund: payments.some(({ refunds }) => refunds.some(hasFailed)),
  }
}

const hasFailed = ({ status }: PaymentRecord['refunds'][number]): boolean =>
  status === 'failed' || status === 'canceled'

const standingOf = ({
  status,
  refundedMinor,
  receivedMinor,
}: PaymentRecord): (typeof paymentStandings)[number] => {
  if (status === 'succeeded') return refundedMinor >= receivedMinor ? 'RETURNED' : 'CHARGED'
  if (status === 'canceled') return 'VOIDED'
  return status === 'requires_payment_method' ? 'DECLINED' : 'RESERVED'
}

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
