import { formatDuration, formatRate, formatTime } from './format.ts'
import { html } from './html.ts'
import type { Ages, Delivery, LivePoint, LiveView } from './live-views.ts'
import { Service, Waiting } from './parts.ts'
import { useView } from './use-view.ts'

/** What is live now: sockets, subscriptions and what they share, why sockets closed, and the latest events. */
export const LivePage = () => {
  const { data, trouble } = useView<LiveView>('/live')
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  const { points, deliveries, processes } = data
  return html`
    <div class="head">
      <h1>Live</h1>
      ${processes > 1 && html`<span class="note">${processes} processes of the gateway</span>`}
    </div>
    ${trouble !== undefined && html`<p class="trouble" role="alert">${trouble}</p>`}
    ${data.trouble === null ? html`<${Figures} view=${data} points=${points} />` : html`<p class="trouble" role="alert">${data.trouble}</p>`}
    <h2>Latest events</h2>
    <${Deliveries} deliveries=${deliveries} />
  `
}

const Figures = ({ view, points }: { readonly view: LiveView; readonly points: readonly LivePoint[] }) => {
  const open = view.subscriptions.reduce((sum, each) => sum + each.open, 0)
  const upstreams = view.upstreams.reduce((sum, each) => sum + each.open, 0)
  const rate = view.subscriptions.reduce((sum, each) => sum + each.perSecond, 0)
  return html`
    <div class="tiles">
      <${Tile} name="Sockets" value=${view.sockets.toLocaleString()} note=${view.streams > 0 ? `and ${view.streams.toLocaleString()} streams` : ''} values=${points.map(({ sockets }) => sockets)} />
      <${Tile} name="Subscriptions" value=${open.toLocaleString()} note=${upstreams > 0 ? `${upstreams.toLocaleString()} upstream, ${(open / upstreams).toFixed(1)} share each` : ''} values=${points.map(({ subscriptions }) => subscriptions)} />
      <${Tile} name="Events" value=${formatRate(rate)} note="to clients" values=${points.map(({ eventsPerSecond }) => eventsPerSecond)} />
      <${Tile} name="Age, p95" value=${formatAgeOf(view.ages.now, 'p95Us')} note=${view.ages.now === null ? '' : `p99 ${formatAgeOf(view.ages.now, 'p99Us')}`} values=${points.map(({ ageP95Us }) => ageP95Us)} />
      <${Tile} name="Too slow" value=${view.slow.toLocaleString()} note="subscriptions cut off" values=${[]} isBad=${view.slow > 0} />
    </div>
    <div class="columns">
      <section>
        <h2>Subscriptions</h2>
        ${
          view.subscriptions.length === 0
            ? html`<p class="note">None is open, and none was sent an event.</p>`
            : html`<table class="passing card-table">
              <thead><tr><th>operation</th><th>open</th><th>events</th><th>now</th><th>age, p95</th><th>too slow</th></tr></thead>
              <tbody>
                ${view.subscriptions.map(
                  ({ operation, open: own, events, perSecond, slow, ages }) => html`<tr>
                    <th scope="row"><a href=${`/requests?filter=${encodeURIComponent(`operation=${operation}`)}`}>${operation}</a></th>
                    <td>${own.toLocaleString()}</td>
                    <td>${events.toLocaleString()}</td>
                    <td>${formatRate(perSecond)}</td>
                    <td>${formatAgeOf(ages.minutes, 'p95Us')}</td>
                    <td class=${slow > 0 ? 'bad' : ''}>${slow || '–'}</td>
                  </tr>`,
                )}
              </tbody>
            </table>`
        }
      </section>
      <section>
        <h2>Shared upstream</h2>
        ${
          view.upstreams.length === 0
            ? html`<p class="note">The gateway subscribes to no subgraph now.</p>`
            : html`<table class="passing card-table">
              <thead><tr><th>subgraph</th><th>open</th></tr></thead>
              <tbody>${view.upstreams.map(({ subgraph, open: own }) => html`<tr><th scope="row"><${Service} name=${subgraph} /></th><td>${own.toLocaleString()}</td></tr>`)}</tbody>
            </table>`
        }
      </section>
      <section>
        <h2>Closes</h2>
        ${
          view.closes.length === 0
            ? html`<p class="note">No socket was closed since the gateway began.</p>`
            : html`<table class="passing card-table">
              <thead><tr><th>code</th><th>sockets</th><th>now</th></tr></thead>
              <tbody>
                ${view.closes.map(
                  ({ code, count, perSecond }) => html`<tr>
                    <th scope="row"><code>${code}</code> <span class="note">${meanings[code] ?? ''}</span></th>
                    <td>${count.toLocaleString()}</td>
                    <td>${formatRate(perSecond)}</td>
                  </tr>`,
                )}
              </tbody>
            </table>`
        }
      </section>
    </div>
    <${EventAges} bySubgraph=${view.ages.bySubgraph} />
  `
}

/** How old events are when they are written to clients, of late and over the last minutes, by the subgraph that sends them. */
const EventAges = ({ bySubgraph }: { readonly bySubgraph: LiveView['ages']['bySubgraph'] }) => html`
  <section>
    <h2>Age of events</h2>
    <p class="note">From what caused an event until its frame is written to a client.</p>
    ${
      bySubgraph.length === 0
        ? html`<p class="note">No event was sent since the gateway began.</p>`
        : html`<table class="passing card-table event-ages">
          <thead><tr><th>subgraph</th><th>in the last</th><th>p50</th><th>p95</th><th>p99</th></tr></thead>
          <tbody>${bySubgraph.map(
            ({ subgraph, now, minutes }) => html`
              <${AgesRow} name=${subgraph} span="10 s" ages=${now} />
              <${AgesRow} name=${subgraph} span="5 min" ages=${minutes} />
            `,
          )}</tbody>
        </table>`
    }
  </section>
`

const AgesRow = ({
  name,
  span,
  ages,
}: {
  readonly name: string
  readonly span: string
  readonly ages: Ages | null
}) => html`<tr>
  <th scope="row"><${Service} name=${name} /></th>
  <td>${span}</td>
  ${percentiles.map(percentile => html`<td>${formatAgeOf(ages, percentile)}</td>`)}
</tr>`

const percentiles = ['p50Us', 'p95Us', 'p99Us'] as const

const formatAgeOf = (ages: Ages | null, percentile: keyof Ages): string =>
  ages === null ? '–' : formatDuration(ages[percentile])

const meanings: Readonly<Record<string, string>> = {
  1000: 'the client is done',
  1001: 'the client or the gateway goes away',
  1005: 'closed without a code',
  1006: 'the connection broke',
  1009: 'a message was too large',
  1013: 'too busy, try again later',
  4400: 'not the protocol',
  4401: 'signed out, or expired',
  4403: 'not allowed',
  4406: 'another protocol',
  4408: 'never began',
  4409: 'one id twice',
  4429: 'too many sockets, or begun twice',
  4500: 'the gateway failed',
}

const Tile = ({
  name,
  value,
  note,
  values,
  isBad = false,
}: {
  readonly name: string
  readonly value: string
  readonly note: string
  readonly values: readonly (number | null)[]
  readonly isBad?: boolean
}) => html`
  <figure class="tile">
    <figcaption>${name}</figcaption>
    <strong class=${isBad ? 'bad' : ''}>${value}</strong>
    <span class="note">${note}</span>
    ${values.length > 1 && html`<svg viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true"><polyline points=${lineOf(values)} /></svg>`}
  </figure>
`

/** The values as a line that fills its box, and goes straight on where there is none. */
const lineOf = (values: readonly (number | null)[]): string => {
  const most = Math.max(...values.map(value => value ?? 0), 1)
  return values
    .flatMap((value, index) =>
      value === null
        ? []
        : [`${((index / (values.length - 1)) * 100).toFixed(1)},${(23 - (value / most) * 22).toFixed(1)}`],
    )
    .join(' ')
}

const Deliveries = ({ deliveries }: { readonly deliveries: readonly Delivery[] }) =>
  deliveries.length === 0
    ? html`<p class="note">No event was completed for a subscription since the console began. Subscribe in GraphiQL and place an order.</p>`
    : html`<div class="list deliveries" role="table" aria-label="Latest events">
        <div class="row header" role="row">
          ${['Time', 'Operation', 'Cursor', 'Took', 'Since the trace began'].map(name => html`<span role="columnheader">${name}</span>`)}
        </div>
        ${deliveries.map(
          ({ traceId, spanId, atUs, operation, cursor, durationUs, ageUs, error }) => html`
            <div key=${spanId} class=${error === null ? 'row' : 'row failed'} role="row">
              <time role="cell">${formatTime(new Date(atUs / 1_000).toISOString())}</time>
              <span role="cell"><a href=${`/requests/${traceId}?span=${spanId}`}>${operation ?? 'unnamed'}</a></span>
              <code role="cell">${cursor ?? '–'}</code>
              <span role="cell" class="note" data-name="took">${formatDuration(durationUs)}</span>
              <span role="cell">${formatDuration(ageUs)}</span>
            </div>
          `,
        )}
      </div>`
