import { endWith, startTrace } from '@supergraph/telemetry/spans.ts'
import type { DueEmail } from '../database/email-store.ts'
import type { Mailer } from './mailer.ts'

const start = { name: 'send email', kind: 'client', service: 'notifications' } as const

/** Hands an e-mail to the mail server in a trace of its own, which shows neither its reader nor its words. */
export const sendTraced = (
  mailer: Mailer,
  email: DueEmail,
  kind: string | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const span = startTrace(undefined, start)
  if (span === undefined) return mailer.send(email, signal)
  span.set('supergraph.email.id', email.id)
  span.set('supergraph.email.kind', kind)
  span.set('supergraph.email.attempt', email.attempt)
  return endWith(span, () => mailer.send(email, signal))
}
