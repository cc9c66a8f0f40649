import type { EventStep } from '../traces/event-way.ts'
import { formatDuration, formatTime } from './format.ts'
import { html } from './html.ts'
import { Copy, Service, Waiting } from './parts.ts'
import { useView } from './use-view.ts'
import type { EventView } from './views.ts'

/** One event's way from the commit to every effect. */
export const EventPage = ({ eventId }: { readonly eventId: string }) => {
  const { data, trouble } = useView<EventView>(`/events/${eventId}`)
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  const { type, subject, source, version, steps, queues, traceIds } = data
  const [first] = steps
  return html`
    <div class="head">
      <a class="back" href="/events" aria-label="Back to the events">←</a>
      <h1>${type}</h1>
      <span class="gap"></span>
      <${Copy} text=${`npm run events -- show ${eventId}`}>Copy command<//>
    </div>
    <dl class="facts">
      ${first !== undefined && html`<div><dt>Written</dt><dd>${formatTime(new Date(first.atUs / 1_000).toISOString())}</dd></div>`}
      ${source !== null && html`<div><dt>Publisher</dt><dd><${Service} name=${source} /></dd></div>`}
      ${
        subject !== null &&
        html`<div><dt>Subject</dt><dd>${type.startsWith('order.') ? html`<a href=${`/orders/${subject}`}>${subject}</a>` : html`<code>${subject}</code>`}</dd></div>`
      }
      ${version !== null && html`<div><dt>Version</dt><dd>${version}</dd></div>`}
      <div><dt>Id</dt><dd><code>${eventId}</code></dd></div>
    </dl>
    <h2>Queues</h2>
    ${
      queues.length === 0
        ? html`<p class="note">No durable queue takes events of this type.</p>`
        : html`<ul class="inline">
          ${queues.map(
            ({ queue, isHandled }) =>
              html`<li><span class=${isHandled ? 'tag good' : 'tag busy'}>${isHandled ? '✓' : '…'} ${queue}</span></li>`,
          )}
        </ul>`
    }
    <h2>Way</h2>
    <ol class="way">${steps.map(step => html`<${Step} step=${step} />`)}</ol>
    <ul class="inline">${traceIds.map(id => html`<li><a href=${`/requests/${id}`}>trace ${id.slice(0, 8)}</a></li>`)}</ul>
  `
}

const Step = ({ step }: { readonly step: EventStep }) => html`
  <li class=${step.error === null ? '' : 'failed'}>
    <span class="age">+${formatDuration(step.ageUs)}</span>
    <div>
      <a href=${`/requests/${step.traceId}?span=${step.spanId}`}>${step.what}</a>
      ${step.outcome !== null && step.outcome !== 'ack' && html` <span class="tag bad">${step.outcome}</span>`}
      ${step.attempt !== null && step.attempt > 1 && html` <span class="tag busy">attempt ${step.attempt}</span>`}
      <p class="note"><${Service} name=${step.service} />${step.place !== null && html` · ${step.place}`} · ${formatDuration(step.durationUs)}</p>
      ${step.error !== null && html`<p class="trouble">${step.error}</p>`}
    </div>
  </li>
`
