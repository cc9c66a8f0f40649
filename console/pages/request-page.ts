import { useMemo, useState } from 'preact/hooks'
import { count, formatDuration, formatTime } from './format.ts'
import { html } from './html.ts'
import { useKeys } from './keys.ts'
import { Service, Waiting } from './parts.ts'
import { RequestTools } from './request-tools.ts'
import { addressWith, go } from './router.ts'
import { SpanDetails } from './span-details.ts'
import { isFound } from './timeline.ts'
import { useView } from './use-view.ts'
import type { RequestView } from './views.ts'
import { Waterfall } from './waterfall.ts'

/** One request as a waterfall, with what each span says beside it. */
export const RequestPage = ({
  traceId,
  query,
}: {
  readonly traceId: string
  readonly query: URLSearchParams
}) => {
  const { data, trouble } = useView<RequestView>(`/requests/${traceId}`)
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  return html`<${Request} view=${data} query=${query} />`
}

const Request = ({ view, query }: { readonly view: RequestView; readonly query: URLSearchParams }) => {
  const { trace, spans } = view
  const [searched, setSearched] = useState('')
  const hidesIdle = query.get('idle') !== 'shown'
  const selected = spans.find(({ spanId }) => spanId === query.get('span'))
  const select = (spanId: string | null) => go(addressWith({ span: spanId }), { replace: true })
  const found = useMemo(
    () =>
      new Set(
        searched === '' ? [] : spans.filter(span => isFound(span, searched)).map(({ spanId }) => spanId),
      ),
    [spans, searched],
  )
  const toggleIdle = () => go(addressWith({ idle: hidesIdle ? 'shown' : null }), { replace: true })
  useKeys({
    i: toggleIdle,
    '/': () => document.querySelector<HTMLInputElement>('.trace-search')?.focus(),
    Escape: () => select(null),
  })
  const services = [...new Set(spans.map(({ service }) => service))]
  return html`
    <div class="head">
      <a class="back" href="/requests?filter=kind%3Drequest" aria-label="Back to the requests">←</a>
      <h1>${trace.name ?? 'Part of a trace'}</h1>
      ${trace.isFailed && html`<span class="tag bad">failed</span>`}
      ${trace.kind === 'work' && html`<span class="tag">background work</span>`}
      <span class="gap"></span>
      <${RequestTools} view=${view} />
    </div>
    <dl class="facts">
      <div><dt>Started</dt><dd><time datetime=${trace.startedAt}>${formatTime(trace.startedAt)}</time></dd></div>
      <div><dt>Answered after</dt><dd>${trace.durationUs === null ? '…' : formatDuration(trace.durationUs)}</dd></div>
      <div><dt>All done after</dt><dd>${formatDuration(lengthOf(view))}</dd></div>
      <div><dt>Calls</dt><dd>${trace.calls}</dd></div>
      <div><dt>SQL</dt><dd>${trace.statements}</dd></div>
      <div><dt>Spans</dt><dd>${trace.spans}</dd></div>
      ${trace.client !== null && html`<div><dt>Client</dt><dd>${trace.client}</dd></div>`}
    </dl>
    <div class="trace-bar">
      <input class="trace-search" type="search" placeholder="Search in this trace (/)" aria-label="Search in this trace"
        value=${searched} onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setSearched(currentTarget.value)} />
      ${searched !== '' && html`<span class="note" role="status">${count(found.size, 'span')}</span>`}
      <button aria-pressed=${hidesIdle} title="Hide idle time (i)" onClick=${toggleIdle}>Idle hidden</button>
      <span class="gap"></span>
      <span class="legend">${services.map(name => html`<${Service} name=${name} />`)}</span>
    </div>
    <div class=${selected === undefined ? 'trace' : 'trace with-details'}>
      <${Waterfall} spans=${spans} hidesIdle=${hidesIdle} found=${searched === '' ? null : found}
        selected=${selected?.spanId ?? null} onSelect=${select} />
      ${selected !== undefined && html`<${SpanDetails} span=${selected} onClose=${() => select(null)} />`}
    </div>
  `
}

const lengthOf = ({ spans, trace }: RequestView): number => {
  const ends = spans.map(({ startUs, durationUs }) => startUs + durationUs)
  return ends.length === 0
    ? (trace.durationUs ?? 0)
    : Math.max(...ends) - Math.min(...spans.map(({ startUs }) => startUs))
}
