import { type FixedAttributes, fixAttributes } from '@supergraph/telemetry/attributes.ts'
import type { Span } from '@supergraph/telemetry/span.ts'
import { describePlan, type ToldPlan } from './plan-description.ts'

/** Gives what a span says of a plan that it runs. */
export type PlanTelling = (span: Span) => FixedAttributes

/** Who takes spans may have begun later than the plan was made, or may have missed it. */
const againAfterMs = 60_000
/** n.b. a body of spans with hundreds of plans in it would be larger than receivers take. */
const betweenPlansMs = 20

let nextAtMs = 0

/**
 * Tells spans which plan they run: all of them its id, and at most one a minute, among those that are kept for sure, the plan
 * itself. Nothing is described before the first span is recorded.
 */
export const createPlanTelling = (plan: ToldPlan & { readonly fetches: number }): PlanTelling => {
  let attributes: { readonly brief: FixedAttributes; readonly whole: FixedAttributes } | undefined
  let againAtMs = 0
  return ({ startedAtMs, trace }) => {
    attributes ??= attributesOf(plan)
    // n.b. of a trace that is kept only if it fails, this becomes text only then
    if (trace.flags !== '01') return attributes.whole
    if (startedAtMs < againAtMs || startedAtMs < nextAtMs) return attributes.brief
    againAtMs = startedAtMs + againAfterMs
    nextAtMs = startedAtMs + betweenPlansMs
    return attributes.whole
  }
}

const attributesOf = ({ fetches, ...plan }: ToldPlan & { readonly fetches: number }) => {
  const { id, text } = describePlan(plan)
  const brief = { 'supergraph.plan.id': id, 'supergraph.plan.fetches': fetches }
  return {
    brief: fixAttributes(brief),
    whole: fixAttributes({ ...brief, 'supergraph.plan.text': text }),
  }
}
