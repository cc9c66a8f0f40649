import { useState } from 'preact/hooks'
import { mermaidOfPlan } from '../graph/plan-mermaid.ts'
import type { FetchStep, PlanStep, QueryPlan } from '../traces/plan.ts'
import { fetchesIn, spansOf } from '../traces/plan.ts'
import { numberOf, type Span, textOf } from '../traces/span.ts'
import { count, formatBytes, formatDuration } from './format.ts'
import { html } from './html.ts'
import { Copy, colourOf } from './parts.ts'
import type { PlanRun } from './views.ts'

type Shown = {
  /** Of the request that ran the plan; undefined shows the plan of no request. */
  readonly spans?: readonly Span[]
  readonly selected?: string | null
  readonly onSelect?: (spanId: string) => void
}

/** A plan that a request ran: what was asked of which subgraph, in which order, and what came back. */
export const PlanPanel = ({
  runs,
  run,
  onChoose,
  onClose,
  ...shown
}: Required<Shown> & {
  readonly runs: readonly PlanRun[]
  /** The one that is shown; undefined if nothing was planned. */
  readonly run: PlanRun | undefined
  readonly onChoose: (spanId: string) => void
  readonly onClose: () => void
}) => html`
  <aside class="details plan" aria-label="Query plan">
    <div class="head">
      <h2>Query plan</h2>
      <span class="gap"></span>
      ${run?.plan && html`<${Copy} text=${mermaidOfPlan(run.title, run.plan)}>Copy Mermaid<//>`}
      <button class="quiet" aria-label="Close" title="Close (Esc)" onClick=${onClose}>×</button>
    </div>
    ${
      runs.length > 1 &&
      html`<select aria-label="Which plan" value=${run?.spanId} onChange=${({ currentTarget }: { readonly currentTarget: HTMLSelectElement }) => onChoose(currentTarget.value)}>
        ${runs.map(({ spanId, title }) => html`<option value=${spanId}>${title}</option>`)}
      </select>`
    }
    ${run === undefined ? html`<p class="note">No operation was planned in this trace.</p>` : html`<${Run} key=${run.spanId} run=${run} ...${shown} />`}
  </aside>
`

const Run = ({
  run: { title, plan, planId, joined },
  ...shown
}: Required<Shown> & { readonly run: PlanRun }) => html`
  ${
    joined !== null &&
    html`<p class="note">It got the answer of an equal request that was under way: <a href=${`/requests/${joined.traceId}?show=plan`}>what that one fetched</a>.</p>`
  }
  ${
    plan === null
      ? html`<p class="note">Plan <code>${planId}</code> was not told here: it is larger than 32 KB, or it ran when the console was away. The gateway tells each plan again after a minute.</p>`
      : joined === null && (plan.events === null || title.startsWith(delivering))
        ? html`<${PlanTree} plan=${plan} ...${shown} />`
        : html`<${PlanTree} plan=${plan} />`
  }
`

/** n.b. a subscription itself fetches nothing: each of its events does. */
const delivering = 'deliver'

/** What a plan fetches, in which order. */
export const PlanTree = ({ plan, ...shown }: Shown & { readonly plan: QueryPlan }) => html`
  <p class="note">${count(fetchesIn(plan).length, 'fetch', 'fetches')} · ${count(plan.fields.length, 'field')} · <code>${plan.id}</code></p>
  ${
    plan.events !== null &&
    html`<h3>Events come from</h3><ol class="steps"><li><${Fetch} step=${plan.events} ...${shown} /></li></ol><h3>Each event is completed by</h3>`
  }
  ${plan.steps === null ? html`<p class="note">Nothing is fetched.</p>` : html`<ol class="steps"><${Step} step=${plan.steps} ...${shown} /></ol>`}
`

const Step = ({ step, ...shown }: Shown & { readonly step: PlanStep }): ReturnType<typeof html> => {
  const inside = (inner: PlanStep) => html`<${Step} step=${inner} ...${shown} />`
  switch (step.kind) {
    case 'fetch':
      return html`<li><${Fetch} step=${step} ...${shown} /></li>`
    case 'sequence':
      return html`${step.nodes.map(inside)}`
    case 'parallel':
      return html`<li class="at-once"><span class="note">at once</span><ol class="steps">${step.nodes.map(inside)}</ol></li>`
    case 'condition':
      return html`
        ${step.ifTrue !== null && html`<li class="at-once"><span class="note">if <code>$${step.variable}</code></span><ol class="steps">${inside(step.ifTrue)}</ol></li>`}
        ${step.ifFalse !== null && html`<li class="at-once"><span class="note">unless <code>$${step.variable}</code></span><ol class="steps">${inside(step.ifFalse)}</ol></li>`}
      `
    default:
      return step satisfies never
  }
}

const Fetch = ({ step, spans, selected, onSelect }: Shown & { readonly step: FetchStep }) => {
  const [own] = spans === undefined ? [] : spansOf(step, spans)
  const isMissing = spans !== undefined && own === undefined && step.number !== null
  const isSelected = own !== undefined && own.spanId === selected
  const [isOpen, setOpen] = useState(isSelected)
  const toggle = (event: Event) => {
    event.preventDefault()
    setOpen(!isOpen)
    if (own !== undefined && !isOpen) onSelect?.(own.spanId)
  }
  return html`
    <details class=${isSelected ? 'fetch selected' : 'fetch'} open=${isOpen}>
      <summary onClick=${toggle}>
        <i class="dot" style=${{ background: colourOf(step.subgraph) }}></i>
        <b>${step.subgraph}</b>
        <code>${step.path.join('.') || (step.number === null ? 'events' : 'root')}</code>
        ${isMissing && html`<span class="outcome"><span class="tag">not asked</span></span>`}
        ${own !== undefined && html`<${Outcome} span=${own} />`}
      </summary>
      ${isMissing && html`<p class="note">There was nothing to ask about, or a condition left it out.</p>`}
      ${own !== undefined && html`<${CameBack} span=${own} />`}
      ${step.requires !== null && html`<h3>Needs of each entity</h3><pre>${step.requires}</pre>`}
      <h3>Sent, without values</h3>
      <pre>${step.operation}</pre>
    </details>
  `
}

const Outcome = ({ span }: { readonly span: Span }) => html`<span class="outcome">
  ${span.error !== null && html`<span class="tag bad">${textOf(span, 'error.type') ?? 'failed'}</span>`}
  ${span.attributes['supergraph.fetch.shared'] === true && html`<span class="tag">shared</span>`}
  <span class="took">${formatDuration(span.durationUs)}</span>
</span>`

const CameBack = ({ span }: { readonly span: Span }) => {
  const [entities, different, bytes] = ['entities', 'representations', 'bytes'].map(key =>
    numberOf(span, `supergraph.fetch.${key}`),
  )
  const joined = textOf(span, 'supergraph.fetch.numbers')?.split(' ').length ?? 1
  return html`
    <dl class="facts">
      ${entities !== undefined && html`<div><dt>Entities</dt><dd>${entities} in the answer, ${different} asked for</dd></div>`}
      ${bytes !== undefined && html`<div><dt>Came back</dt><dd>${formatBytes(bytes)}</dd></div>`}
      ${joined > 1 && html`<div><dt>Request</dt><dd>one for ${joined} fetches</dd></div>`}
    </dl>
  `
}
