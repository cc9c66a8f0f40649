import { type Html, html } from '@supergraph/runtime/html.ts'
import { returnAddress } from './authentication.ts'
import type { PaymentIntentRow } from './database/tables.ts'
import { amountOf, page } from './page.ts'

/** Asks the customer of a payment that waits, and says of any other how it stands. */
export const authenticationPage = (row: PaymentIntentRow): string => {
  if (row.status !== 'requires_action') return decidedPage(row)
  return page(
    'Approve your payment',
    html`<h1>Approve your payment</h1>
    <p class="amount">${amountOf(row, row.amount)}</p>
    ${facts(row)}
    <form method="post">
      <button name="decision" value="approve" class="main">Approve</button>
      <button name="decision" value="decline">Decline</button>
    </form>
    <p class="note">The shop's payments are simulated here: nothing is charged to anybody.</p>`,
  )
}

const decidedPage = (row: PaymentIntentRow): string => {
  const { title, text } = toldOf(row)
  const address = returnAddress(row)
  return page(
    title,
    html`<h1>${title}</h1>
    <p class="amount">${amountOf(row, row.amount)}</p>
    ${facts(row)}
    <p>${text}</p>
    ${address === undefined ? '' : html`<p><a class="main" href="${address}">Back to the shop</a></p>`}`,
  )
}

const toldOf = (row: PaymentIntentRow): { readonly title: string; readonly text: string } => {
  switch (row.status) {
    case 'canceled':
      return {
        title: 'This payment was cancelled',
        text: 'The shop gave it up before you approved it. Nothing is charged; order again to pay.',
      }
    case 'requires_payment_method':
      return {
        title: 'This payment failed',
        text: `${row.failure?.message ?? ''} Nothing is charged.`,
      }
    case 'requires_action':
    case 'processing':
      return { title: 'This payment is under way', text: 'The bank has not answered yet.' }
    case 'requires_capture':
    case 'succeeded':
      return { title: 'This payment is approved', text: 'There is nothing left for you to do here.' }
    default:
      return row.status satisfies never
  }
}

/** There is no such payment, or the address lacks its secret. */
export const unknownPaymentPage = (): string =>
  page(
    'No such payment',
    html`<h1>No such payment</h1>
    <p>The address is not complete, or the payment does not exist. Open it again from the shop.</p>`,
  )

const facts = ({ id, paymentMethod, metadata }: PaymentIntentRow): Html => html`<dl>
      <dt>Card</dt><dd>${paymentMethod}</dd>
      ${metadata.order_id === undefined ? '' : html`<dt>Order</dt><dd>${metadata.order_id}</dd>`}
      <dt>Payment</dt><dd>${id}</dd>
    </dl>`
