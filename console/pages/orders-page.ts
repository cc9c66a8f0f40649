import { count, formatAge, formatMoney, formatTime, shortId } from './format.ts'
import { html } from './html.ts'
import { moveFocus, useKeys } from './keys.ts'
import { Waiting } from './parts.ts'
import { useView } from './use-view.ts'
import type { OrderRow, OrdersView } from './views.ts'

/** The latest orders: first those that are stuck, then those under way. */
export const OrdersPage = () => {
  const { data, trouble } = useView<OrdersView>('/orders')
  useKeys({ j: () => moveFocus('.list a', 1), k: () => moveFocus('.list a', -1) })
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  return html`
    <div class="head"><h1>Orders</h1></div>
    ${data.paymentsUrl !== null && html`<p class="note"><a href=${data.paymentsUrl} target="_blank" rel="noopener">Payments at the provider</a> are simulated: refund and dispute them there.</p>`}
    ${data.shopIsSilent !== null && html`<p class="note">${data.shopIsSilent}</p>`}
    ${
      data.orders.length === 0
        ? html`<p class="empty">No order is known. Place one in GraphiQL.</p>`
        : html`<div class="list orders" role="table" aria-label="Orders">
          <div class="row header" role="row">
            ${['Order', 'Status', 'Payment', 'Total', 'Placed', 'Traces'].map(name => html`<span role="columnheader">${name}</span>`)}
          </div>
          ${data.orders.map(row => html`<${Row} key=${row.id} row=${row} />`)}
        </div>`
    }
  `
}

const Row = ({ row: { id, order, owesRefund, seen } }: { readonly row: OrderRow }) => {
  const at = order?.placedAt ?? seen?.firstAt
  return html`
    <div class=${seen?.isFailed ? 'row failed' : 'row'} role="row">
      <span role="cell"><a href=${`/orders/${id}`}>${order?.number ?? `…${shortId(id)}`}</a></span>
      <span role="cell">${order === null ? '' : html`<${Status} status=${order.status} />`}${order?.nextStep != null && order.nextStep.failedAttempts > 0 && html` <span class="tag bad">${spoken(order.nextStep.kind)}: ${count(order.nextStep.failedAttempts, 'failure')}</span>`}</span>
      <span role="cell">${spoken(order?.payment.status ?? '')}${owesRefund && html` <span class="tag bad">a refund has failed</span>`}</span>
      <span role="cell">${order === null ? '' : formatMoney(order.total)}</span>
      <span role="cell">${at === undefined ? '' : html`<time datetime=${at} title=${`${formatAge(at)} ago`}>${formatTime(at)}</time>`}</span>
      <span role="cell" data-name="traces">${seen?.traces ?? '–'}</span>
    </div>
  `
}

/** The status of an order, in a colour that says whether it is well. */
export const Status = ({ status }: { readonly status: string }) =>
  html`<span class=${`tag ${tones[status] ?? ''}`}>${spoken(status)}</span>`

/** `PARTIALLY_REFUNDED` → `partially refunded`. */
export const spoken = (name: string): string => name.toLowerCase().replaceAll('_', ' ')

const tones: Readonly<Record<string, string>> = {
  PENDING: 'busy',
  CONFIRMED: 'good',
  SHIPPED: 'good',
  DELIVERED: 'good',
  REJECTED: 'bad',
}
