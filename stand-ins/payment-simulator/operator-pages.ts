import { type Html, html } from '@supergraph/runtime/html.ts'
import type { DisputeRow, PaymentIntentRow, RefundRow } from './database/tables.ts'
import { amountOf, page } from './page.ts'

/** The provider's console: the latest payments, newest first, of one order or of all. */
export const paymentsPage = (payments: readonly PaymentIntentRow[], orderId: string | null): string =>
  page(
    'Payments',
    html`<h1>Payments</h1>
    <p class="note">This stands in for the console of the payment provider. Nothing is charged to anybody.</p>
    ${orderId === null ? '' : html`<p>Of order ${orderId}. <a href="/simulator">All payments</a></p>`}
    ${payments.length === 0 ? html`<p>No payment yet.</p>` : html`<ol>${payments.map(item)}</ol>`}`,
    'wide',
  )

const item = (row: PaymentIntentRow): Html => html`<li>
      <a href="/simulator/payments/${row.id}">
        <strong>${amountOf(row, row.amount)}</strong>
        <span>${statusWords[row.status]}</span>
        <span>${row.paymentMethod}</span>
        ${time(row.createdAt)}
      </a>
    </li>`

/** One payment, with its refunds and disputes and what can be done with it. */
export const paymentPage = ({
  row,
  refunds,
  disputes,
  problem,
}: {
  readonly row: PaymentIntentRow
  readonly refunds: readonly RefundRow[]
  readonly disputes: readonly DisputeRow[]
  /** Why the last action was refused. */
  readonly problem: string | undefined
}): string =>
  page(
    `Payment of ${amountOf(row, row.amount)}`,
    html`<p><a href="/simulator">← Payments</a></p>
    <h1>${amountOf(row, row.amount)}</h1>
    ${problem === undefined ? '' : html`<p class="problem" role="alert">${problem}</p>`}
    <dl>
      <dt>State</dt><dd>${statusWords[row.status]}</dd>
      ${row.failure === null ? '' : html`<dt>Failure</dt><dd>${row.failure.code}: ${row.failure.message}</dd>`}
      <dt>Refunded</dt><dd>${amountOf(row, row.amountRefunded)}</dd>
      <dt>Card</dt><dd>${row.paymentMethod}</dd>
      <dt>Order</dt><dd>${row.metadata.order_id ?? 'none'}</dd>
      <dt>Payment</dt><dd>${row.id}</dd>
      <dt>Created</dt><dd>${time(row.createdAt)}</dd>
    </dl>
    ${row.status === 'succeeded' ? captured(row) : ''}
    <h2>Refunds</h2>
    ${refunds.length === 0 ? html`<p>None.</p>` : html`<ol>${refunds.map(refund => refundItem(row, refund))}</ol>`}
    <h2>Disputes</h2>
    ${disputes.length === 0 ? html`<p>None.</p>` : html`<ol>${disputes.map(dispute => disputeItem(row, dispute))}</ol>`}`,
    'wide',
  )

/** Why somebody may not use the console. */
export const refusedPage = (why: string): string => page('Refused', html`<h1>Refused</h1><p>${why}</p>`)

const captured = (row: PaymentIntentRow): Html =>
  row.amountRefunded === row.amountReceived
    ? html``
    : html`<form method="post">
      <input name="amount" inputmode="decimal" aria-label="Amount" placeholder="all that is left of it">
      <button name="action" value="refund">Refund</button>
    </form>
    <form method="post"><button name="action" value="dispute">Have the customer dispute it</button></form>`

const refundItem = (
  row: PaymentIntentRow,
  { id, amount, status, failureReason, createdAt }: RefundRow,
): Html =>
  html`<li>
      <strong>${amountOf(row, amount)}</strong> ${status}${failureReason === null ? '' : `: ${failureReason}`}
      <span class="note">${id}, ${time(createdAt)}</span>
    </li>`

const disputeItem = (row: PaymentIntentRow, { id, amount, status, reason, createdAt }: DisputeRow): Html =>
  html`<li>
      <strong>${amountOf(row, amount)}</strong> ${status}, ${reason}
      <span class="note">${id}, ${time(createdAt)}</span>
      ${isOver[status] ? '' : steps(id)}
    </li>`

const steps = (id: string): Html => html`<form method="post">
        <input type="hidden" name="dispute" value="${id}">
        <button name="action" value="answer">Answer it</button>
        <button name="action" value="win">The shop wins</button>
        <button name="action" value="lose">The shop loses</button>
      </form>`

const isOver: Readonly<Record<DisputeRow['status'], boolean>> = {
  warning_needs_response: false,
  warning_under_review: false,
  warning_closed: true,
  needs_response: false,
  under_review: false,
  won: true,
  lost: true,
}

const statusWords: Readonly<Record<PaymentIntentRow['status'], string>> = {
  requires_payment_method: 'failed',
  requires_action: 'waits for the customer',
  processing: 'waits for the bank',
  requires_capture: 'authorized',
  succeeded: 'charged',
  canceled: 'cancelled',
}

const time = (at: Date): Html => {
  const iso = at.toISOString()
  return html`<time datetime="${iso}">${iso.replace('T', ' ').replace(/\..*$/, ' UTC')}</time>`
}
