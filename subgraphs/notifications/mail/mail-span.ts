import { runInTrace } from '@supergraph/runtime/trace-context.ts'
import type { Span } from '@supergraph/telemetry/span.ts'
import { endWith, startTrace } from '@supergraph/telemetry/spans.ts'
import type { DueEmail } from '../database/email-store.ts'

const start = { name: 'send email', kind: 'client', service: 'notifications' } as const

/**
 * Tries to send an e-mail in a span of the trace that it belongs to, which shows neither its reader nor its words; a span
 * beside it shows for how long the e-mail has been due.
 */
export const inMailSpan = (
  email: DueEmail,
  kind: string | undefined,
  attempt: (span: Span | undefined) => Promise<void>,
): Promise<void> => {
  const span = startTrace(email.traceparent, start)
  if (span === undefined) return runInTrace(email.traceparent, () => attempt(undefined))
  span.addWait('wait for sender', span.startedAtMs - Math.max(0, Date.now() - email.dueSince.getTime()))
  span.set('supergraph.email.id', email.id)
  span.set('supergraph.email.kind', kind)
  span.set('supergraph.email.attempt', email.attempt)
  return endWith(span, attempt)
}
