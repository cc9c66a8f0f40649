import { inSpan } from '@supergraph/telemetry/spans.ts'
import type { DueStep } from '../database/order-store.ts'
import type { StepResult } from '../domain/next-step.ts'
import type { PerformStep } from './steps.ts'

/** Performs a step in a span of its own. */
export const performTraced = (perform: PerformStep, due: DueStep): Promise<StepResult> =>
  inSpan({ name: `step ${due.step}` }, async span => {
    span?.set('supergraph.order.id', due.order.id)
    span?.set('supergraph.saga.step', due.step)
    span?.set('supergraph.saga.is_first_attempt', due.isFirstAttempt)
    span?.set('supergraph.saga.compensates', due.step.startsWith('RETURN_'))
    const result = await perform(due)
    span?.set('supergraph.saga.outcome', result.kind)
    return result
  })
