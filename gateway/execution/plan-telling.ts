import { type FixedAttributes, fixAttributes } from '@supergraph/telemetry/attributes.ts'
import type { Span } from '@supergraph/telemetry/span.ts'
import { describePlan, type ToldPlan } from './plan-description.ts'

/** Gives what a span says of a plan that it runs. */
export type PlanTelling = (span: Span) => FixedAttributes

/** Who takes spans may have begun later than the plan was made, or may have missed it. */
const againAfterMs = 60_000
/** n.b. a body of spans with thousands of plans in it would be larger than receivers take. */
const maxLengthPerSecond = 1_000_000

let second = 0
let toldInSecond = 0

/** Whether there is room for so much more in this second. */
const takeRoom = (atMs: number, length: number): boolean => {
  const now = Math.floor(atMs / 1_000)
  if (now !== second) [second, toldInSecond] = [now, 0]
  if (toldInSecond + length > maxLengthPerSecond) return false
  toldInSecond += length
  return true
}

/**
 * Tells spans which plan they run: all of them its id, and at most one a minute, among those that are kept for sure, the plan
 * itself. Nothing is described before the first span is recorded.
 */
export const createPlanTelling = (plan: ToldPlan): PlanTelling => {
  let attributes: { readonly brief: FixedAttributes; readonly whole: FixedAttributes } | undefined
  let againAtMs = 0
  return ({ startedAtMs, trace }) => {
    attributes ??= attributesOf(plan)
    // n.b. of a trace that is kept only if it fails, this is written only then
    if (trace.flags !== '01') return attributes.whole
    const { brief, whole } = attributes
    if (startedAtMs < againAtMs || !takeRoom(startedAtMs, whole.bytes.length)) return brief
    againAtMs = startedAtMs + againAfterMs
    return whole
  }
}

const attributesOf = (plan: ToldPlan) => {
  const { id, text } = describePlan(plan)
  const brief = { 'supergraph.plan.id': id, 'supergraph.plan.fetches': plan.numbers.size }
  return {
    brief: fixAttributes(brief),
    whole: fixAttributes({ ...brief, 'supergraph.plan.text': text }),
  }
}
