import type { Part } from '../system-map.ts'
import { count, formatDuration, formatRate, formatTime } from './format.ts'
import { html } from './html.ts'
import { addressOf } from './router.ts'
import { useView } from './use-view.ts'
import type { MapView, Traffic } from './views.ts'

/** What the catalogue says of a part: what it is for, what it gives and takes, and how it is set. */
export const Catalogue = ({
  part,
  view,
  query,
}: {
  readonly part: Part
  readonly view: MapView
  readonly query: URLSearchParams
}) => html`
  <aside class="details" aria-label="Catalogue">
    <div class="head">
      <h2>${part.title}</h2>
      <span class="tag">${part.kind}</span>
      <span class="gap"></span>
      <a class="button quiet" aria-label="Close" title="Close (Esc)" href=${addressOf('/map', query)}>×</a>
    </div>
    ${view.faults.filter(({ partId }) => partId === part.id).map(({ effect }) => html`<p class="on-purpose">On purpose, <a href="/faults">${effect}</a>.</p>`)}
    ${part.port !== null && html`<p>Port ${part.port}</p>`}
    ${part.source !== null && html`<p>${sourceLink(part.source, view.folder)}</p>`}
    ${
      part.kind === 'subgraph' || part.kind === 'gateway'
        ? html`<p><a href=${`/requests?filter=${encodeURIComponent(`service=${part.id}`)}`}>Its traces</a></p>`
        : ''
    }
    <${Passing} title="Comes in" traffic=${view.traffic.filter(({ target }) => target === part.id)} end="source" query=${query} />
    <${Passing} title="Goes out" traffic=${view.traffic.filter(({ source }) => source === part.id)} end="target" query=${query} />
    <${Fields} title="Operations" types=${part.operations} />
    <${Fields} title="Owns" types=${part.owns} />
    <${Fields} title="Contributes to" types=${part.contributes} />
    ${part.publishes.length > 0 && html`<h3>Publishes</h3><${Events} types=${part.publishes} />`}
    ${part.consumes.map(({ queue, events }) => html`<h3>Takes from ${queue}</h3><${Events} types=${events} />`)}
    ${part.listensTo.length > 0 && html`<h3>Listens to</h3><${Events} types=${part.listensTo} />`}
    ${(part.kind === 'subgraph' || part.kind === 'gateway') && html`<${Lines} key=${part.id} partId=${part.id} />`}
    ${
      part.settings.length > 0 &&
      html`<details>
      <summary>${count(part.settings.length, 'setting')}</summary>
      <table class="attributes">
        <tbody>${part.settings.map(({ name, value }) => html`<tr><th scope="row">${name}</th><td>${value ?? html`<i>from its surroundings</i>`}</td></tr>`)}</tbody>
      </table>
    </details>`
    }
  </aside>
`

const sourceLink = (path: string, folder: string | null) =>
  folder === null
    ? html`<code>${path}</code>`
    : html`<a href=${`vscode://file/${folder}/${path}`} title="Open in Visual Studio Code"><code>${path}</code></a>`

const Passing = ({
  title,
  traffic,
  end,
  query,
}: {
  readonly title: string
  readonly traffic: readonly Traffic[]
  readonly end: 'source' | 'target'
  readonly query: URLSearchParams
}) =>
  traffic.length === 0
    ? null
    : html`
        <h3>${title}</h3>
        <table class="passing">
          <thead><tr><th></th><th>rate</th><th>p95</th><th>failed</th></tr></thead>
          <tbody>
            ${traffic.map(
              flow => html`<tr>
                <th scope="row"><a href=${addressOf(`/map/${flow[end]}`, query)}>${flow[end]}</a></th>
                <td>${formatRate(flow.perSecond)}</td>
                <td>${formatDuration(flow.p95Us)}</td>
                <td class=${flow.failures > 0 ? 'bad' : ''}>${flow.failures}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      `

const Lines = ({ partId }: { readonly partId: string }) => {
  const { data } = useView<MapView>(`/map/${partId}`)
  return data === undefined || data.lines.length === 0
    ? null
    : html`
        <h3>Latest in its log</h3>
        <ul class="lines">
          ${data.lines.map(
            ({ atUs, level, message, traceId, spanId }) => html`
              <li>
                <span class="note">${formatTime(new Date(atUs / 1_000).toISOString())}</span> <b class=${`level ${level}`}>${level}</b>
                ${traceId === null ? html` ${message}` : html` <a href=${`/requests/${traceId}${spanId === null ? '' : `?span=${spanId}`}`}>${message}</a>`}
              </li>
            `,
          )}
        </ul>
      `
}

const Fields = ({ title, types }: { readonly title: string; readonly types: Part['owns'] }) =>
  types.length === 0
    ? null
    : html`
        <h3>${title}</h3>
        <dl class="fields">${types.map(({ type, fields }) => html`<dt>${type}</dt><dd>${fields.join(', ')}</dd>`)}</dl>
      `

const Events = ({ types }: { readonly types: readonly string[] }) => html`
  <ul class="inline">${types.map(type => html`<li><a href=${`/events?type=${encodeURIComponent(type)}`}>${type}</a></li>`)}</ul>
`
