import { runInTrace } from '@supergraph/runtime/trace-context.ts'
import { endWith, inSpan, startTrace } from '@supergraph/telemetry/spans.ts'
import type { DueStep } from '../database/stored-order.ts'
import type { StepResult } from '../domain/next-step.ts'
import type { PerformStep } from './steps.ts'

/** Performs a step in a span of its own. */
export const performTraced = (perform: PerformStep, due: DueStep): Promise<StepResult> =>
  inSpan({ name: `step ${due.step}` }, async span => {
    span?.set('supergraph.order.id', due.order.id)
    span?.set('supergraph.saga.step', due.step)
    // n.b. what makes a repeated step the same one
    span?.set('supergraph.saga.key', `order:${due.order.id}:${due.step}`)
    span?.set('supergraph.saga.attempt', due.attempt)
    span?.set('supergraph.saga.is_first_attempt', due.isFirstAttempt)
    span?.set('supergraph.saga.lease', due.fence)
    span?.set('supergraph.saga.lease_seconds', due.leaseSeconds)
    span?.set('supergraph.saga.compensates', due.step.startsWith('RETURN_'))
    const result = await perform(due)
    span?.set('supergraph.saga.outcome', result.kind)
    return result
  })

const sweeping = { name: 'resume order', service: 'orders' } as const

/** Goes on with an order in the trace of the command that others have left undone. */
export const inSweepSpan = <T>(due: DueStep, drive: () => Promise<T>): Promise<T> => {
  const span = startTrace(due.traceparent, sweeping)
  if (span === undefined) return runInTrace(due.traceparent, drive)
  span.set('supergraph.order.id', due.order.id)
  return endWith(span, drive)
}
