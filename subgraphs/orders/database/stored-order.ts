import { nextStep, type Step } from '../domain/next-step.ts'
import type { Order, OrderLine } from '../domain/order.ts'
import type { Units } from '../domain/refund.ts'
import { toOrder } from './order-row.ts'
import { type ClaimedRow, leaseSeconds, type StoredRow } from './order-statements.ts'
import type { OrderRow } from './tables.ts'

/** What transitions read beside the order: its lines, and the units that refunds have returned. */
export type OrderDetails = { readonly lines: readonly OrderLine[]; readonly refunded: readonly Units[] }

/** An order, which may be further than the row that was last written of it. */
export type Stored = OrderDetails & { readonly row: OrderRow; readonly order: Order; readonly fence: number }

/** An order with its next step, for the holder of its fencing number: each claim and each command gives a higher number. */
export type DueStep = Stored & {
  readonly step: Step
  /** Whether nobody has tried the step yet. */
  readonly isFirstAttempt: boolean
  /** Counts the calls for the step from 1; one that ended with its process is not counted. */
  readonly attempt: number
  /** For how long the step is the holder's, from when it was claimed or the step before it was written. */
  readonly leaseSeconds: number
  /** Of the command that a sweeper goes on with. */
  readonly traceparent?: string | undefined
  /** Whether its customer asks for it now. */
  readonly isAsked?: boolean
}

/** An order after a step or a command, its row as it was last written, and the step that is to be taken now. */
export type Saved = {
  readonly kind: 'saved'
  readonly row: OrderRow
  readonly order: Order
  readonly due: DueStep | null
  /** The keys of what was counted for the order and given back as it was written. */
  readonly givenBack: readonly string[]
}

/** The order of a row. */
export const toStored = ({ fence, lines, pendingRefund, refunded, ...row }: StoredRow): Stored => ({
  row,
  order: toOrder(row, pendingRefund),
  lines,
  refunded,
  fence,
})

/** The step that an order needs next; null if none. */
export const toDue = (stored: Stored, isFirstAttempt: boolean): DueStep | null => {
  const step = nextStep(stored.order)
  return step === null ? null : { ...stored, step, isFirstAttempt, attempt: 1, leaseSeconds }
}

/** The step of a claimed row. */
export const toClaimed = ({ calls, leaseSeconds, traceparent, ...row }: ClaimedRow): DueStep | null => {
  const due = toDue(toStored(row), false)
  return due && { ...due, attempt: calls + 1, leaseSeconds, traceparent: traceparent ?? undefined }
}

/** An order as it is after it was written. */
export const saved = (before: Stored, after: Stored, givenBack: readonly string[] = []): Saved => ({
  kind: 'saved',
  row: after.row,
  order: after.order,
  due: toDue(after, isFirstAttempt(before.order, after.order)),
  givenBack,
})

/** n.b. of a payment that the row calls ASKED, another process may have tried the authorization already. */
const isFirstAttempt = (before: Order, after: Order): boolean => {
  const step = nextStep(after)
  return step !== nextStep(before) && (step !== 'AUTHORIZE_PAYMENT' || before.payment.state === 'NOT_ASKED')
}
