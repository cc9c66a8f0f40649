import { amountIn } from './amount.ts'
import type { OrderRecord, PaymentRecord } from './order-records.ts'
import { isAtRest, type OrderRule } from './order-rules.ts'
import { violation } from './violations.ts'

type Dispute = OrderRecord['disputes'][number]

/** n.b. the provider tells an inquiry, which takes no money, from a dispute; the order does not */
const statusOf: Readonly<Record<string, string>> = {
  needs_response: 'NEEDS_RESPONSE',
  warning_needs_response: 'NEEDS_RESPONSE',
  under_review: 'UNDER_REVIEW',
  warning_under_review: 'UNDER_REVIEW',
  won: 'WON',
  lost: 'LOST',
  warning_closed: 'CLOSED',
}

/** Every dispute is on both sides, with one status and one amount. */
const disputesDisagree: OrderRule = (order, { payments }) => {
  if (!isAtRest(order)) return []
  const amount = amountIn(order.currency)
  const words = (dispute: Dispute | undefined) =>
    dispute === undefined ? 'none' : `one over ${amount(dispute.amountMinor)} ${dispute.status}`
  const told = payments.flatMap(({ disputes }) => disputes.map(inWordsOfOrders))
  const ids = new Set([...told, ...order.disputes].map(({ id }) => id))
  return [...ids].flatMap(id => {
    const [own, theirs] = [order.disputes, told].map(side => side.find(dispute => dispute.id === id))
    if (own?.status === theirs?.status && own?.amountMinor === theirs?.amountMinor) return []
    const detail = `the provider has ${words(theirs)}, the order ${words(own)}`
    return [violation('disputes-disagree', order.id, detail, [id])]
  })
}

const inWordsOfOrders = ({ status, ...dispute }: PaymentRecord['disputes'][number]): Dispute => ({
  ...dispute,
  status: statusOf[status] ?? status,
})

/** What orders and the payment provider must agree on about disputes. */
export const disputeRules: readonly OrderRule[] = [disputesDisagree]
