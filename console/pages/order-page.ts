import type { SagaStep } from '../traces/order-saga.ts'
import { type Deed, Deeds } from './act-form.ts'
import { count, formatDuration, formatMoney, formatTime, shortId } from './format.ts'
import { html } from './html.ts'
import { Status, spoken } from './orders-page.ts'
import { Service, Waiting } from './parts.ts'
import { useView } from './use-view.ts'
import type { OrderLedger, OrderView } from './views.ts'

/** The saga of one order: every step, payment and event that spans tell of, and what the shop says. */
export const OrderPage = ({ orderId }: { readonly orderId: string }) => {
  const { data, trouble } = useView<OrderView>(`/orders/${orderId}`)
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  const { order, steps, ledger, shopIsSilent, traceIds, paymentsUrl } = data
  return html`
    <div class="head">
      <a class="back" href="/orders" aria-label="Back to the orders">←</a>
      <h1>Order ${order?.number ?? `…${shortId(orderId)}`}</h1>
      ${order !== null && html`<${Status} status=${order.status} />`}
    </div>
    ${shopIsSilent !== null && html`<p class="note">${shopIsSilent}</p>`}
    <dl class="facts">
      ${
        order !== null &&
        html`
        <div><dt>Total</dt><dd>${formatMoney(order.total)}</dd></div>
        <div><dt>Payment</dt><dd>${spoken(order.payment.status)} (${order.payment.method})</dd></div>
        <div><dt>Placed</dt><dd>${formatTime(order.placedAt)}</dd></div>
        <div><dt>Version</dt><dd>${order.version}</dd></div>
      `
      }
      <div><dt>Id</dt><dd><code>${orderId}</code></dd></div>
    </dl>
    ${paymentsUrl !== null && html`<p class="note"><a href=${paymentsUrl} target="_blank" rel="noopener">Its payments at the provider</a></p>`}
    ${order !== null && html`<${Next} order=${order} />`}
    ${order !== null && html`<${Returned} payment=${order.payment} />`}
    <h2>Saga</h2>
    ${
      steps.length === 0
        ? html`<p class="empty">No span tells of this order: it is older than what is kept here, which is 72 hours and 10,000 traces.</p>`
        : html`<${Saga} steps=${steps} />`
    }
    <h2>Ledger</h2>
    <${Ledger} ledger=${ledger} />
    ${order !== null && html`<h2>History</h2><${History} order=${order} />`}
    ${
      traceIds.length > 0 &&
      html`<h2>${count(traceIds.length, 'trace')}</h2>
      <ul class="inline">${traceIds.map(id => html`<li><a href=${`/requests/${id}`}>${id.slice(0, 8)}</a></li>`)}</ul>`
    }
  `
}

/** What was returned of a payment, and what its customer has called back through the bank. */
const Returned = ({
  payment: { refunds, disputes },
}: {
  readonly payment: NonNullable<OrderView['order']>['payment']
}) => html`
  ${
    refunds.length > 0 &&
    html`<h2>Refunds</h2>
    <ul class="plain">${refunds.map(
      ({ status, amount, reason, requestedAt }) => html`
        <li class=${status === 'FAILED' ? 'trouble' : ''}>
          ${formatMoney(amount)} ${spoken(status)} <span class="note">${formatTime(requestedAt)}${reason !== null && ` · ${reason}`}</span>
        </li>`,
    )}</ul>`
  }
  ${
    disputes.length > 0 &&
    html`<h2>Disputes</h2>
    <ul class="plain">${disputes.map(
      ({ id, status, amount, reason, openedAt, respondBy }) => html`
        <li class=${status === 'NEEDS_RESPONSE' || status === 'LOST' ? 'trouble' : ''}>
          ${formatMoney(amount)} ${spoken(status)}: ${reason}
          <span class="note">${formatTime(openedAt)}${respondBy !== null && status === 'NEEDS_RESPONSE' && ` · answer it at the provider by ${formatTime(respondBy)}`} · <code>${id}</code></span>
        </li>`,
    )}</ul>`
  }
`

const cancellable = ['PENDING', 'CONFIRMED']

/** What the shop does next for the order, and what a person can do. */
const Next = ({
  order: { id, number, status, nextStep },
}: {
  readonly order: NonNullable<OrderView['order']>
}) => {
  const deeds: readonly Deed[] = [
    ...(nextStep === null ? [] : [deedFor(id, 'retry', 'Retry now', `Retry order ${number}`)]),
    ...(cancellable.includes(status)
      ? [deedFor(id, 'cancel', 'Cancel the order', `Cancel order ${number}`)]
      : []),
  ]
  return html`
    ${
      nextStep !== null &&
      html`<h2>Next</h2>
      <dl class="facts">
        <div><dt>Step</dt><dd>${spoken(nextStep.kind)}</dd></div>
        <div><dt>Failed</dt><dd>${count(nextStep.failedAttempts, 'attempt')}</dd></div>
        <div><dt>Next try, or end of the lease</dt><dd><time datetime=${nextStep.dueAt}>${formatTime(nextStep.dueAt)}</time></dd></div>
        <div><dt>Fence</dt><dd>${nextStep.fence}</dd></div>
        <div><dt>Attempts left</dt><dd>${nextStep.givenUpAt === null ? 'until it is done' : `until ${formatTime(nextStep.givenUpAt)}, then it is given up`}</dd></div>
      </dl>`
    }
    ${deeds.length > 0 && html`<${Deeds} deeds=${deeds} />`}
  `
}

const deedFor = (id: string, action: 'retry' | 'cancel', name: string, confirmation: string): Deed => ({
  name,
  confirmation,
  address: `/orders/${id}/${action}`,
  isHarmful: action === 'cancel',
})

const Saga = ({ steps }: { readonly steps: readonly SagaStep[] }) => {
  const bornUs = steps[0]?.atUs ?? 0
  return html`
    <ol class="way">
      ${steps.map(
        step => html`
          <li class=${step.error === null ? step.kind : `${step.kind} failed`}>
            <span class="age">+${formatDuration(step.atUs - bornUs)}</span>
            <div>
              <a href=${step.messageId === null ? spanAddress(step) : `/events/${step.messageId}`}>${step.title}</a>
              ${step.outcome !== null && html` <span class="tag">${step.outcome}</span>`}
              ${step.attempt !== null && step.attempt > 1 && html` <span class="tag busy">attempt ${step.attempt}</span>`}
              <p class="note">
                <${Service} name=${step.service} /> · ${step.kind} · <a href=${spanAddress(step)}>${formatDuration(step.durationUs)}</a>
                ${step.lease !== null && html` · fence ${step.lease}`}
                ${step.key !== null && html` · key <code>${step.key}</code>`}
              </p>
              ${step.error !== null && html`<p class="trouble">${step.error}</p>`}
            </div>
          </li>
        `,
      )}
    </ol>
  `
}

const spanAddress = ({ traceId, spanId }: SagaStep): string => `/requests/${traceId}?span=${spanId}`

/** What each service has of the order, and what of that disagrees. */
const Ledger = ({ ledger: { account, silence } }: { readonly ledger: OrderLedger }) => {
  if (account === null) return html`<p class="note">${silence ?? 'No database knows this order.'}</p>`
  const { isAtRest, sides, violations } = account
  return html`
    ${
      violations.length === 0
        ? html`<p><span class="tag good">agrees</span> <span class="note">${isAtRest ? 'All accounts of this order agree.' : 'All accounts of this order agree so far; something is still to be done.'}</span></p>`
        : html`<ul class="plain">${violations.map(
            ({ kind, meaning, detail, ids }) => html`
              <li class="trouble"><b>${kind}</b>: ${detail}
                <p class="note">${meaning}${ids.map(id => html` · <code>${id}</code>`)}</p>
              </li>
            `,
          )}</ul>
          <p class="note">${isAtRest ? 'Read just now: an event that is on its way disagrees for a moment.' : 'Something is still to be done for this order, which may settle this.'}</p>`
    }
    <dl class="accounts">${sides.map(({ name, says }) => html`<dt>${name}</dt><dd>${says}</dd>`)}</dl>
  `
}

const History = ({ order }: { readonly order: NonNullable<OrderView['order']> }) => html`
  <ol class="way">
    ${order.timeline.map(
      ({ status, at, reason, actor }) => html`
        <li>
          <time class="age" datetime=${at}>${formatTime(at)}</time>
          <div><${Status} status=${status} /> <span class="note">by ${actor.toLowerCase()}${reason === null ? '' : `: ${reason}`}</span></div>
        </li>
      `,
    )}
  </ol>
`
