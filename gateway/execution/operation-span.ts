import type { Viewer } from '@supergraph/runtime/identity.ts'
import { describeOperation } from '@supergraph/telemetry/operations.ts'
import type { SpanStart } from '@supergraph/telemetry/span.ts'
import { activeSpan } from '@supergraph/telemetry/spans.ts'
import type { ClientOperation } from '../authorization/selections.ts'
import type { PlanTelling } from './plan-telling.ts'

/** The span of planning an operation anew. */
export const planSpan = { name: 'plan' } as const satisfies SpanStart

/** Tells the span under way which operation it runs, and for whom. */
export const tellOperation = ({ operation, queryHash }: ClientOperation, viewer: Viewer): void => {
  const span = activeSpan()
  if (span === undefined) return
  describeOperation(span, operation, queryHash)
  if (viewer.kind === 'user') span.set('user.id', viewer.id)
}

/** Tells the span under way how the operation was planned. */
export const tellPlan = ({ tell }: { readonly tell: PlanTelling }, isCached: boolean): void => {
  const span = activeSpan()
  if (span === undefined) return
  span.add(tell(span))
  span.set('supergraph.plan.cached', isCached)
}

/** Tells the span under way which plan completes an event. */
export const tellEventPlan = ({ tell }: { readonly tell: PlanTelling }): void => {
  const span = activeSpan()
  if (span !== undefined) span.add(tell(span))
}
