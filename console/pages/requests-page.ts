import { useRef, useState } from 'preact/hooks'
import { filtersWithTime, RequestChart } from './chart.ts'
import { FilterBar } from './filter-bar.ts'
import { count, formatDuration, formatTime } from './format.ts'
import { html } from './html.ts'
import { moveFocus, useKeys } from './keys.ts'
import { Waiting } from './parts.ts'
import { addressOf, go } from './router.ts'
import { useView } from './use-view.ts'
import type { RequestsView, TraceRow } from './views.ts'

/** The list of requests, newest first, with filters, a chart, and what came in from a file. */
export const RequestsPage = ({ query }: { readonly query: URLSearchParams }) => {
  const [isPaused, setPaused] = useState(false)
  const address = addressOf('/requests', query)
  const { data, trouble } = useView<RequestsView>(address, isPaused)
  useKeys({
    p: () => setPaused(!isPaused),
    j: () => moveFocus('.requests a', 1),
    k: () => moveFocus('.requests a', -1),
    '/': () => document.querySelector<HTMLInputElement>('.filters input')?.focus(),
  })
  return html`
    <div class="head">
      <h1>Requests</h1>
      ${data !== undefined && html`<span class="note">${count(data.total, 'trace')}</span>`}
      <span class="gap"></span>
      <${Import} />
      <button aria-pressed=${isPaused} title="Pause (p)" onClick=${() => setPaused(!isPaused)}>
        <i class=${isPaused ? 'pulse still' : 'pulse'}></i>${isPaused ? 'Paused' : 'Live'}
      </button>
    </div>
    <${FilterBar} query=${query} />
    ${trouble !== undefined && html`<p class="trouble" role="alert">${trouble}</p>`}
    ${data === undefined ? trouble === undefined && html`<${Waiting} />` : html`<${List} view=${data} query=${query} />`}
  `
}

const List = ({ view, query }: { readonly view: RequestsView; readonly query: URLSearchParams }) => {
  const { traces, points, stepMs, older, counts } = view
  const longestUs = Math.max(...traces.map(({ durationUs }) => durationUs ?? 0), 1)
  return html`
    ${
      points.length > 1 &&
      html`<${RequestChart} points=${points} stepMs=${stepMs}
      onSelect=${(from: number, to: number) => go(addressOf('/requests', filtersWithTime(query, from, to)))} />`
    }
    ${
      traces.length === 0
        ? html`<p class="empty">No request meets these filters${counts.taken === 0 ? ', and none has come yet. Open GraphiQL and send one' : ''}.</p>`
        : html`<div class="requests" role="table" aria-label="Requests">
          <div class="row header" role="row">
            ${['Time', 'Operation', 'Client', 'Duration', 'Calls', 'SQL', 'Plan', 'Errors'].map(
              name => html`<span role="columnheader">${name}</span>`,
            )}
          </div>
          ${traces.map(trace => html`<${Row} key=${trace.traceId} trace=${trace} longestUs=${longestUs} />`)}
        </div>`
    }
    ${older !== null && html`<p class="pages"><a class="button" href=${older}>Older</a></p>`}
    <p class="note">
      ${count(counts.stored, 'span')} stored since the console began.
      ${counts.leftOut > 0 && html` ${count(counts.leftOut, 'span')} of quick traces left out, since many came at once: the map and the use of fields count them, the list does not.`}
      ${counts.dropped > 0 && html` <strong class="bad">${count(counts.dropped, 'span')} dropped: more came than could be stored.</strong>`}
    </p>
  `
}

const Row = ({ trace, longestUs }: { readonly trace: TraceRow; readonly longestUs: number }) => {
  const { traceId, startedAt, name, service, client, durationUs, isFailed, calls, statements, errors } = trace
  return html`
    <div class=${isFailed ? 'row failed' : 'row'} role="row">
      <time role="cell" datetime=${startedAt}>${formatTime(startedAt)}</time>
      <span role="cell" class="operation"><a href=${`/requests/${traceId}`}>${name ?? `part of ${traceId.slice(0, 8)}`}</a>
        ${trace.kind === 'work' && html`<span class="tag">${service}</span>`}</span>
      <span role="cell" class="client">${client ?? ''}</span>
      <span role="cell" class="duration">
        <i class="meter" style=${{ '--share': `${((durationUs ?? 0) / longestUs) * 100}%` }}></i>
        ${durationUs === null ? '…' : formatDuration(durationUs)}
      </span>
      <span role="cell" data-name="calls">${calls}</span>
      <span role="cell" data-name="SQL">${statements}</span>
      <span role="cell" data-name="plan">${planOf(trace)}</span>
      <span role="cell" data-name="errors" class=${errors > 0 ? 'bad' : ''}>${errors === 0 && isFailed ? 'failed' : errors}</span>
    </div>
  `
}

const planOf = ({ isPlanCached, isShared }: TraceRow): string => {
  if (isShared) return 'shared'
  if (isPlanCached === null) return '–'
  return isPlanCached ? 'cached' : 'new'
}

/** Takes a trace out of a file that was exported here or elsewhere, and shows it. */
const Import = () => {
  const input = useRef<HTMLInputElement>(null)
  const [said, setSaid] = useState('')
  const take = async () => {
    const file = input.current?.files?.[0]
    if (file === undefined) return
    const text = await file.text()
    const response = await fetch('/v1/traces', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    })
    const [, traceId] = /"traceId"\s*:\s*"([\da-fA-F]{32})"/.exec(text) ?? []
    if (!response.ok || traceId === undefined) return setSaid('This is no OTLP JSON.')
    setSaid('Imported')
    await untilStored(traceId.toLowerCase())
    go(`/requests/${traceId.toLowerCase()}`)
  }
  return html`
    ${said !== '' && html`<span class="note" role="status">${said}</span>`}
    <button onClick=${() => input.current?.click()}>Import</button>
    <input ref=${input} type="file" accept=".json,application/json" hidden onChange=${take} />
  `
}

const untilStored = async (traceId: string): Promise<void> => {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const response = await fetch(`/requests/${traceId}`, { headers: { accept: 'application/json' } })
    if (response.ok) return
    await new Promise(resolve => setTimeout(resolve, 150))
  }
}
