import type { LogLine } from '../traces/log-line.ts'
import type { Attributes, Span } from '../traces/span.ts'
import { formatDuration, formatTime } from './format.ts'
import { html } from './html.ts'
import { Copy, Service } from './parts.ts'

/** Everything that a span says, with links to what it names. */
export const SpanDetails = ({
  span,
  lines,
  onClose,
}: {
  readonly span: Span
  /** The lines of the logs that were written in it. */
  readonly lines: readonly LogLine[]
  readonly onClose: () => void
}) => {
  const { 'db.query.text': statement, ...attributes } = span.attributes
  return html`
    <aside class="details" aria-label="Span">
      <div class="head">
        <h2>${span.name}</h2>
        <span class="gap"></span>
        <button class="quiet" aria-label="Close" title="Close (Esc)" onClick=${onClose}>×</button>
      </div>
      <p><${Service} name=${span.service} /> · ${span.kind} · ${formatDuration(span.durationUs)}</p>
      ${span.error !== null && html`<p class="trouble">${span.error}</p>`}
      ${statement !== undefined && html`<pre class="statement">${statement}</pre><${Copy} text=${String(statement)}>Copy SQL<//>`}
      <${Table} attributes=${attributes} />
      ${
        span.links.length > 0 &&
        html`<h3>Linked with</h3>
        <ul>
          ${span.links.map(
            ({ traceId, spanId }) =>
              html`<li><a href=${`/requests/${traceId}?span=${spanId}`}>${traceId === span.traceId ? 'a span of this trace' : `trace ${traceId.slice(0, 8)}`}</a></li>`,
          )}
        </ul>`
      }
      ${span.events.map(({ name, attributes: own }) => html`<h3>${name}</h3><${Table} attributes=${own} />`)}
      ${lines.map(
        ({ level, message, atUs, fields }) => html`
          <h3><span class=${`level ${level}`}>${level}</span> ${formatTime(new Date(atUs / 1_000).toISOString())}</h3>
          <p class="message">${message}</p>
          <${Table} attributes=${fields} />
        `,
      )}
      <p class="note"><code>${span.spanId}</code></p>
    </aside>
  `
}

const Table = ({ attributes }: { readonly attributes: Attributes }) => html`
  <table class="attributes">
    <tbody>
      ${Object.entries(attributes).map(([key, value]) => {
        const address = addressAbout(key, String(value), attributes)
        return html`<tr><th scope="row">${key}</th><td>${address === undefined ? String(value) : html`<a href=${address}>${String(value)}</a>`}</td></tr>`
      })}
    </tbody>
  </table>
`

/** The page about what an attribute names. */
const addressAbout = (key: string, value: string, attributes: Attributes): string | undefined => {
  if (key === 'supergraph.order.id') return `/orders/${value}`
  if (key === 'messaging.message.id') return `/events/${value}`
  if (
    key === 'cloudevents.event_subject' &&
    String(attributes['cloudevents.event_type']).startsWith('order.')
  )
    return `/orders/${value}`
  return ['user.id', 'supergraph.operation.hash', 'error.type'].includes(key)
    ? `/requests?filter=${encodeURIComponent(`${key}=${value}`)}`
    : undefined
}
