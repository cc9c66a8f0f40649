import { amountIn } from './amount.ts'
import type { OrderRecord, OrderRecords, PaymentRecord } from './order-records.ts'
import { isAtRest, isFulfilled, isOff, type OrderRule } from './order-rules.ts'
import { type Violation, violation } from './violations.ts'

/** The charge of an order; undefined if it was never charged. */
export const chargeOf = ({ payments }: Pick<OrderRecords, 'payments'>): PaymentRecord | undefined =>
  payments.find(isCharged)

/**
 * What the customer has back of a payment. n.b. of an order that is called off, a bank may have given the money back, and the shop
 * returns it no second time
 */
export const returnedOf = (
  order: OrderRecord | null,
  { receivedMinor, refundedMinor, disputes }: PaymentRecord,
): number => {
  if (order === null || !isOff(order)) return refundedMinor
  const lost = disputes.filter(({ status }) => status === 'lost')
  return Math.min(receivedMinor, refundedMinor + lost.reduce((sum, { amountMinor }) => sum + amountMinor, 0))
}

/** What the payment provider has kept for an order that orders itself does not know. */
export const chargeWithoutOrder = ({ orderId, payments }: OrderRecords): readonly Violation[] =>
  payments
    .filter(
      payment => isReserved(payment) || (isCharged(payment) && payment.refundedMinor < payment.receivedMinor),
    )
    .map(({ id, status, amountMinor, currency }) =>
      violation(
        'charge-without-order',
        id,
        `${status} with ${amountIn(currency)(amountMinor)}`,
        orderId === '' ? [] : [orderId],
      ),
    )

const isCharged = ({ status }: PaymentRecord) => status === 'succeeded'

/** n.b. a payment that waits can still be approved by whoever has its secret. */
const isReserved = ({ status }: PaymentRecord) =>
  status === 'requires_capture' || status === 'requires_action' || status === 'processing'

const confirmedNotCharged: OrderRule = (order, records) => {
  const { id, status, paymentState, paymentId } = order
  if (!isFulfilled(order) || paymentState === 'NOT_REQUIRED' || chargeOf(records) !== undefined) return []
  const found = records.payments.map(payment => payment.status).join(', ') || 'none'
  const ids = idsOf(paymentId, records.payments)
  return [violation('confirmed-not-charged', id, `${status}, its payment: ${found}`, ids)]
}

const chargedNotConfirmed: OrderRule = (order, { payments }) =>
  isOff(order) && isAtRest(order)
    ? payments.flatMap(payment => {
        const { amountMinor, receivedMinor } = payment
        const keptMinor = isReserved(payment) ? amountMinor : receivedMinor - returnedOf(order, payment)
        if (keptMinor <= 0 || !(isCharged(payment) || isReserved(payment))) return []
        const detail = `${order.status}, ${amountIn(order.currency)(keptMinor)} ${isCharged(payment) ? 'kept' : 'still reserved'}`
        return [violation('charged-not-confirmed', order.id, detail, [payment.id])]
      })
    : []

const chargedTwice: OrderRule = ({ id }, { payments }) => {
  const live = payments.filter(payment => isCharged(payment) || isReserved(payment))
  const detail = `${live.length} payments: ${live.map(({ status }) => status).join(', ')}`
  const ids = live.map(payment => payment.id)
  return live.length < 2 ? [] : [violation('charged-twice', id, detail, ids)]
}

const wrongAmount: OrderRule = ({ id, totalMinor, currency, paymentState }, { payments }) => {
  const dueMinor = paymentState === 'NOT_REQUIRED' ? 0 : totalMinor
  return payments.flatMap(payment => {
    const { amountMinor, receivedMinor, status } = payment
    if (!isCharged(payment) && !isReserved(payment)) return []
    const paidMinor = isCharged(payment) ? receivedMinor : amountMinor
    if (amountMinor === dueMinor && paidMinor === dueMinor && payment.currency === currency.toLowerCase()) {
      return []
    }
    const paid = amountIn(payment.currency)(paidMinor)
    const detail = `${amountIn(currency)(dueMinor)} due, ${status} with ${paid}`
    return [violation('wrong-amount', id, detail, [payment.id])]
  })
}

const refundsDisagree: OrderRule = (order, { payments }) => [
  ...overRefunds(order, payments),
  ...(isAtRest(order) ? [...refundSums(order, payments), ...refundTwins(order, payments)] : []),
]

const overRefunds = ({ id }: OrderRecord, payments: readonly PaymentRecord[]): readonly Violation[] =>
  payments.flatMap(payment => {
    const amount = amountIn(payment.currency)
    const returnedMinor = returned(payment)
    const detail =
      payment.refundedMinor > payment.receivedMinor
        ? `charged ${amount(payment.receivedMinor)}, returned ${amount(payment.refundedMinor)}`
        : `the provider returned ${amount(payment.refundedMinor)}, its refunds add up to ${amount(returnedMinor)}`
    return payment.refundedMinor > payment.receivedMinor || payment.refundedMinor !== returnedMinor
      ? [violation('refunds-disagree', id, detail, [payment.id])]
      : []
  })

const refundSums = (order: OrderRecord, payments: readonly PaymentRecord[]): readonly Violation[] => {
  const { id, currency, refundedMinor, refunds } = order
  const granted = refunds.filter(({ state }) => state === 'SUCCEEDED')
  const grantedMinor = granted.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const returnedMinor = payments.reduce((sum, payment) => sum + returnedOf(order, payment), 0)
  if (grantedMinor === refundedMinor && refundedMinor === returnedMinor) return []
  const amount = amountIn(currency)
  const detail = `the order says ${amount(refundedMinor)}, its refunds ${amount(grantedMinor)}, the provider ${amount(returnedMinor)}`
  const ids = [...granted.map(refund => refund.id), ...payments.map(payment => payment.id)]
  return [violation('refunds-disagree', id, detail, ids)]
}

/**
 * A refund that both sides have under one id, the order's or the provider's, must be the same, also if it has failed since. A refund
 * that has neither returned a whole payment.
 */
const refundTwins = (order: OrderRecord, payments: readonly PaymentRecord[]): readonly Violation[] => {
  const amount = amountIn(order.currency)
  return payments
    .flatMap(payment => payment.refunds)
    .flatMap(refund => {
      const { id, refundId, amountMinor } = refund
      const twin = order.refunds.find(own => own.id === refundId || own.providerId === id)
      const isGranted = twin?.state === 'SUCCEEDED'
      const agrees = isDone(refund) ? isGranted && twin.amountMinor === amountMinor : !isGranted
      if (agrees || (twin === undefined && refundId === null)) return []
      const known =
        twin === undefined
          ? 'the order knows none'
          : `the order has ${amount(twin.amountMinor)} ${twin.state}`
      const made = isDone(refund) ? 'the provider returned' : 'at the provider failed a refund of'
      const ids = [twin?.id ?? refundId ?? '', id]
      return [violation('refunds-disagree', order.id, `${made} ${amount(amountMinor)}, ${known}`, ids)]
    })
}

const isDone = ({ status }: PaymentRecord['refunds'][number]) => status !== 'failed' && status !== 'canceled'

const returned = ({ refunds }: PaymentRecord): number =>
  refunds.filter(isDone).reduce((sum, { amountMinor }) => sum + amountMinor, 0)

const paymentStateDisagrees: OrderRule = (order, records) => {
  if (!isAtRest(order)) return []
  const charge = chargeOf(records)
  // n.b. other rules describe these two cases more precisely
  if (isFulfilled(order) && order.paymentState !== 'NOT_REQUIRED' && charge === undefined) return []
  if (chargedNotConfirmed(order, records).length > 0) return []
  const detail = stateProblem(order, charge)
  if (detail === undefined) return []
  return [violation('payment-state-disagrees', order.id, detail, idsOf(order.paymentId, records.payments))]
}

const stateProblem = (
  { paymentState, paymentId, refundedMinor, totalMinor }: OrderRecord,
  charge: PaymentRecord | undefined,
): string | undefined => {
  if (charge !== undefined && paymentId !== charge.id)
    return `its payment is ${paymentId}, it was charged by another`
  switch (paymentState) {
    case 'CAPTURED':
      if (charge === undefined) return 'CAPTURED, and nothing was charged'
      return refundedMinor < totalMinor ? undefined : 'CAPTURED, though everything was returned'
    case 'REFUNDED':
      if (charge === undefined) return 'REFUNDED, and nothing was charged'
      return refundedMinor === totalMinor ? undefined : 'REFUNDED, though not everything was returned'
    case 'ASKED':
    case 'REQUIRES_ACTION':
    case 'PROCESSING':
    case 'AUTHORIZED':
      return `${paymentState}, with nothing left to do`
    case 'NOT_REQUIRED':
    case 'NOT_ASKED':
    case 'DECLINED':
    case 'VOIDED':
      return charge === undefined ? undefined : `${paymentState}, and it was charged`
    default:
      return paymentState satisfies never
  }
}

const idsOf = (paymentId: string | null, payments: readonly PaymentRecord[]): readonly string[] => [
  ...new Set([...(paymentId === null ? [] : [paymentId]), ...payments.map(({ id }) => id)]),
]

/** What orders and the payment provider must agree on. */
export const paymentRules: readonly OrderRule[] = [
  confirmedNotCharged,
  chargedNotConfirmed,
  chargedTwice,
  wrongAmount,
  refundsDisagree,
  paymentStateDisagrees,
]
