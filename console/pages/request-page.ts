import { useMemo, useState } from 'preact/hooks'
import { count, formatDuration, formatTime } from './format.ts'
import { html } from './html.ts'
import { useKeys } from './keys.ts'
import { NullsPanel } from './nulls-panel.ts'
import { Service, Waiting } from './parts.ts'
import { PlanPanel } from './plan-panel.ts'
import { RequestTools } from './request-tools.ts'
import { addressWith, go } from './router.ts'
import { SpanDetails } from './span-details.ts'
import { isFound, isLineFound, linesBySpan } from './timeline.ts'
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
  const { trace, spans, runs, lines } = view
  const [searched, setSearched] = useState('')
  const hidesIdle = query.get('idle') !== 'shown'
  const selected = spans.find(({ spanId }) => spanId === query.get('span'))
  const shown = query.get('show')
  const run = runs.find(({ spanId }) => spanId === query.get('run')) ?? runs[0]
  const ofRun = spans.filter(
    ({ spanId, parentSpanId }) => run === undefined || spanId === run.spanId || parentSpanId === run.spanId,
  )
  const chooseRun = (spanId: string) => go(addressWith({ run: spanId, span: null }), { replace: true })
  const showPanel = (panel: string | null) => go(addressWith({ show: panel, span: null }), { replace: true })
  const toggle = (panel: string) => showPanel(shown === panel ? null : panel)
  const select = (spanId: string | null) => go(addressWith({ span: spanId, show: null }), { replace: true })
  const selectInPlan = (spanId: string) => go(addressWith({ span: spanId }), { replace: true })
  const linesOf = useMemo(() => linesBySpan(lines, spans), [lines, spans])
  const found = useMemo(
    () =>
      new Set(
        searched === ''
          ? []
          : spans
              .filter(
                span =>
                  isFound(span, searched) ||
                  linesOf.get(span.spanId)?.some(line => isLineFound(line, searched)),
              )
              .map(({ spanId }) => spanId),
      ),
    [spans, linesOf, searched],
  )
  const toggleIdle = () => go(addressWith({ idle: hidesIdle ? 'shown' : null }), { replace: true })
  useKeys({
    i: toggleIdle,
    '/': () => document.querySelector<HTMLInputElement>('.trace-search')?.focus(),
    Escape: () => select(null),
    l: () => toggle('plan'),
    n: () => toggle('nulls'),
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
      ${lines.length > 0 && html`<div><dt>Log</dt><dd>${count(lines.length, 'line')}</dd></div>`}
      ${trace.client !== null && html`<div><dt>Client</dt><dd>${trace.client}</dd></div>`}
    </dl>
    <div class="trace-bar">
      <input class="trace-search" type="search" placeholder="Search in this trace (/)" aria-label="Search in this trace"
        value=${searched} onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setSearched(currentTarget.value)} />
      ${searched !== '' && html`<span class="note" role="status">${count(found.size, 'span')}</span>`}
      <button aria-pressed=${shown === 'plan'} title="Query plan (l)" onClick=${() => toggle('plan')}>Plan</button>
      <button aria-pressed=${shown === 'nulls'} title="Why is this null? (n)" onClick=${() => toggle('nulls')}>Why null?</button>
      <button aria-pressed=${hidesIdle} title="Hide idle time (i)" onClick=${toggleIdle}>Idle hidden</button>
      <span class="gap"></span>
      <span class="legend">${services.map(name => html`<${Service} name=${name} />`)}</span>
    </div>
    <div class=${selected === undefined && shown === null ? 'trace' : 'trace with-details'}>
      <${Waterfall} spans=${spans} linesOf=${linesOf} hidesIdle=${hidesIdle} found=${searched === '' ? null : found}
        selected=${selected?.spanId ?? null} onSelect=${select} />
      ${
        shown === 'plan' &&
        html`<${PlanPanel} runs=${runs} run=${run} spans=${ofRun} selected=${selected?.spanId ?? null} onChoose=${chooseRun} onSelect=${selectInPlan} onClose=${() => showPanel(null)} />`
      }
      ${shown === 'nulls' && html`<${NullsPanel} run=${run} spans=${ofRun} onSelect=${select} onClose=${() => showPanel(null)} />`}
      ${shown === null && selected !== undefined && html`<${SpanDetails} span=${selected} lines=${linesOf.get(selected.spanId) ?? []} onClose=${() => select(null)} />`}
    </div>
  `
}

const lengthOf = ({ spans, trace }: RequestView): number => {
  const ends = spans.map(({ startUs, durationUs }) => startUs + durationUs)
  return ends.length === 0
    ? (trace.durationUs ?? 0)
    : Math.max(...ends) - Math.min(...spans.map(({ startUs }) => startUs))
}
