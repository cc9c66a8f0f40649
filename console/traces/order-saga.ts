import { numberOf, type Span, textOf } from './span.ts'

/** Something that happened to an order. */
export type SagaStep = {
  readonly kind: 'step' | 'compensation' | 'payment' | 'event'
  readonly title: string
  readonly service: string
  readonly atUs: number
  readonly durationUs: number
  readonly attempt: number | null
  /** The fencing number of the process that took the step. */
  readonly lease: number | null
  readonly key: string | null
  readonly outcome: string | null
  readonly error: string | null
  readonly messageId: string | null
  readonly traceId: string
  readonly spanId: string
}

/** What spans tell of an order's saga, in order: its steps, the calls of the payment provider, and its events. */
export const sagaOf = (spans: readonly Span[], orderId: string): readonly SagaStep[] =>
  spans.flatMap(span => {
    const kind = kindOf(span, orderId)
    if (kind === undefined) return []
    return {
      kind,
      title: titleOf(span, kind),
      service: span.service,
      atUs: span.startUs,
      durationUs: span.durationUs,
      attempt: numberOf(span, 'supergraph.saga.attempt') ?? null,
      lease: numberOf(span, 'supergraph.saga.lease') ?? null,
      key: textOf(span, 'supergraph.saga.key') ?? null,
      outcome: textOf(span, 'supergraph.saga.outcome') ?? textOf(span, 'http.response.status_code') ?? null,
      error: span.error,
      messageId: textOf(span, 'messaging.message.id') ?? null,
      traceId: span.traceId,
      spanId: span.spanId,
    }
  })

const kindOf = (span: Span, orderId: string): SagaStep['kind'] | undefined => {
  const { attributes } = span
  if (textOf(span, 'supergraph.order.id') === orderId) {
    if (attributes['supergraph.saga.compensates'] === true) return 'compensation'
    if (attributes['supergraph.saga.step'] !== undefined) return 'step'
    return attributes['supergraph.peer'] === 'payments' ? 'payment' : undefined
  }
  const isOwnEvent = textOf(span, 'cloudevents.event_subject') === orderId
  return isOwnEvent && textOf(span, 'messaging.operation.type') === 'create' ? 'event' : undefined
}

const titleOf = (span: Span, kind: SagaStep['kind']): string => {
  if (kind === 'event') return textOf(span, 'cloudevents.event_type') ?? span.name
  return textOf(span, 'supergraph.saga.step') ?? span.name
}
