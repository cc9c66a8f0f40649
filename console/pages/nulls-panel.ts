import { useState } from 'preact/hooks'
import { type Explanation, explain, type NullReason, nullReasonsOf } from '../traces/nulls.ts'
import { placesOf } from '../traces/plan.ts'
import type { Span } from '../traces/span.ts'
import { html } from './html.ts'
import { Service } from './parts.ts'
import type { PlanRun } from './views.ts'

/** Says why a field of an answer is null, as far as spans tell: nothing that came in an answer is kept. */
export const NullsPanel = ({
  run,
  spans,
  onSelect,
  onClose,
}: {
  readonly run: PlanRun | undefined
  /** Of the run, and of its fetches. */
  readonly spans: readonly Span[]
  readonly onSelect: (spanId: string) => void
  readonly onClose: () => void
}) => {
  const [path, setPath] = useState('')
  const { plan = null, joined = null } = run ?? {}
  const reasons = nullReasonsOf(spans, plan)
  const explanation = path === '' ? undefined : explain(path, { plan, reasons, spans })
  return html`
    <aside class="details nulls" aria-label="Why is this null?">
      <div class="head">
        <h2>Why is this null?</h2>
        <span class="gap"></span>
        <button class="quiet" aria-label="Close" title="Close (Esc)" onClick=${onClose}>×</button>
      </div>
      ${
        joined !== null &&
        html`<p class="note">It got the answer of an equal request that was under way: <a href=${`/requests/${joined.traceId}?show=nulls`}>why something is null there</a>.</p>`
      }
      <input type="search" list="null-places" value=${path} placeholder="Where, as order.items.0.product"
        aria-label="A place in the answer" onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setPath(currentTarget.value.trim())} />
      <datalist id="null-places">${(plan === null ? [] : placesOf(plan)).map(place => html`<option value=${place}></option>`)}</datalist>
      ${
        explanation === undefined
          ? html`<${Reasons} reasons=${reasons} onSelect=${onSelect} />`
          : html`<${Explained} explanation=${explanation} onSelect=${onSelect} />`
      }
    </aside>
  `
}

const Reasons = ({
  reasons,
  onSelect,
}: {
  readonly reasons: readonly NullReason[]
  readonly onSelect: (spanId: string) => void
}) =>
  reasons.length === 0
    ? html`<p class="note">No fetch failed, nothing was refused, and no entity was missing: what is null here, the subgraph itself said so. Name a place to see which one.</p>`
    : html`<ul class="reasons">${groupsOf(reasons).map(group => html`<${Reason} group=${group} onSelect=${onSelect} />`)}</ul>`

/** Reasons that differ only in their places. */
const groupsOf = (reasons: readonly NullReason[]): readonly (readonly NullReason[])[] => [
  ...Map.groupBy(reasons, ({ kind, code, subgraph, spanId }) =>
    [kind, code, subgraph, spanId].join(' '),
  ).values(),
]

const shownPlaces = 6

const Reason = ({
  group,
  onSelect,
}: {
  readonly group: readonly NullReason[]
  readonly onSelect: (spanId: string) => void
}) => {
  const [first] = group
  if (first === undefined) return null
  const { kind, code, subgraph, spanId } = first
  return html`
    <li>
      <p><span class="tag bad">${code}</span> ${subgraph !== null && html`<${Service} name=${subgraph} />`}</p>
      <p>${sentences[kind]} <button class="link" onClick=${() => onSelect(spanId)}>Show the span</button></p>
      <ul class="places">
        ${group.slice(0, shownPlaces).map(({ path }) => html`<li><code>${path || 'the whole answer'}</code></li>`)}
        ${group.length > shownPlaces && html`<li class="note">and ${group.length - shownPlaces} more</li>`}
      </ul>
    </li>
  `
}

const sentences: Readonly<Record<NullReason['kind'], string>> = {
  refused: 'Who asked may not have this, so that the gateway did not fetch it.',
  missing: 'The subgraph was asked for this entity and does not know it.',
  failed: 'The fetch failed, and what it was to bring is null.',
  error: 'The answer has this error here.',
}

const Explained = ({
  explanation: { reasons, fetch, span },
  onSelect,
}: {
  readonly explanation: Explanation
  readonly onSelect: (spanId: string) => void
}) => {
  if (reasons.length > 0) return html`<${Reasons} reasons=${reasons} onSelect=${onSelect} />`
  if (fetch === undefined) return html`<p class="note">The plan brings nothing to this place.</p>`
  if (span === undefined)
    return html`<p><${Service} name=${fetch.subgraph} /> was not asked: there was nothing to ask about at <code>${fetch.path.join('.') || 'the root'}</code>. Something before it is null, or a condition left it out.</p>`
  return html`<p><${Service} name=${fetch.subgraph} /> was asked and answered without an error: the null is its own word. <button class="link" onClick=${() => onSelect(span.spanId)}>Show the span</button></p>`
}
