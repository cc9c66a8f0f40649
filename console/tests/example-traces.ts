import type { Attributes, Span } from '../traces/span.ts'

/** How a span differs from others. */
type Told = Partial<Omit<Span, 'attributes'>> & { readonly attributes?: Attributes }

let ids = 0

/** An id of so many hexadecimal digits, another one each time. */
export const newId = (digits: 16 | 32): string => {
  ids += 1
  return `${ids.toString(16)}${crypto.randomUUID().replaceAll('-', '')}`
    .padStart(digits, '0')
    .slice(0, digits)
}

/** A span of half a minute ago, with ids of its own. */
export const createSpan = (told: Told = {}): Span => ({
  traceId: newId(32),
  spanId: newId(16),
  parentSpanId: null,
  service: 'gateway',
  name: 'query',
  kind: 'server',
  startUs: (Date.now() - 30_000) * 1_000,
  durationUs: 5_000,
  attributes: {},
  events: [],
  links: [],
  error: null,
  ...told,
})

/** A request as the gateway, a subgraph and its database tell of it: the operation, a call, the subgraph's part, a statement. */
export const createRequest = (operation: string, told: Told = {}): readonly Span[] => {
  const root = createSpan({
    ...told,
    attributes: {
      'graphql.operation.type': 'query',
      'graphql.operation.name': operation,
      'supergraph.transport': 'http',
      'supergraph.plan.cached': true,
      ...told.attributes,
    },
  })
  const { traceId, startUs, durationUs } = root
  const below = (parent: Span, more: Told): Span =>
    createSpan({
      traceId,
      parentSpanId: parent.spanId,
      startUs: startUs + 200,
      durationUs: durationUs / 2,
      ...more,
    })
  const call = below(root, {
    name: 'fetch orders',
    kind: 'client',
    attributes: { 'supergraph.subgraph': 'orders' },
  })
  const part = below(call, { name: 'query', service: 'orders', startUs: startUs + 300 })
  const statement = below(part, {
    name: 'SELECT orders',
    kind: 'client',
    service: 'orders',
    startUs: startUs + 400,
    durationUs: durationUs / 4,
    attributes: {
      'db.system.name': 'postgresql',
      'db.collection.name': 'orders',
      'db.query.text': 'select * from orders where id = any($1)',
      'db.response.returned_rows': 3,
    },
  })
  return [statement, part, call, root]
}

/** What a checkout leaves: the mutation, the saga, the provider, an event and how notifications handles it in two attempts. */
export const createCheckout = (orderId: string, messageId: string): readonly Span[] => {
  const spans = createRequest('PlaceOrder', {
    name: 'mutation',
    attributes: { 'graphql.operation.type': 'mutation', 'user.id': 'u-1' },
  })
  const { traceId, spanId: parentSpanId, startUs } = spans[1] ?? createSpan()
  const base = { traceId, parentSpanId, service: 'orders', kind: 'internal' } as const
  const step = (name: string, afterUs: number, more: Attributes = {}) =>
    createSpan({
      ...base,
      name: `step ${name}`,
      startUs: startUs + afterUs,
      attributes: { 'supergraph.order.id': orderId, 'supergraph.saga.step': name, ...more },
    })
  const event = {
    'messaging.message.id': messageId,
    'cloudevents.event_type': 'order.confirmed',
    'cloudevents.event_subject': orderId,
    'cloudevents.event_source': 'orders',
  }
  const created = createSpan({
    ...base,
    name: 'create order.confirmed',
    kind: 'producer',
    startUs: startUs + 4_000,
    durationUs: 100,
    attributes: { ...event, 'messaging.operation.type': 'create', 'supergraph.event.version': 2 },
  })
  const after = (afterUs: number, more: Told) =>
    createSpan({ traceId, parentSpanId: created.spanId, startUs: created.startUs + afterUs, ...more })
  const queue = 'notifications.on-order-changed'
  const process = (attempt: number, outcome: string, afterUs: number) =>
    after(afterUs, {
      name: `process ${queue}`,
      service: 'notifications',
      kind: 'consumer',
      error: outcome === 'ack' ? null : 'no room',
      attributes: {
        ...event,
        'messaging.operation.type': 'process',
        'messaging.destination.name': queue,
        'supergraph.event.attempt': attempt,
        'supergraph.event.outcome': outcome,
      },
    })
  return [
    ...spans,
    step('RESERVE_STOCK', 600, { 'supergraph.saga.attempt': 1, 'supergraph.saga.lease': 7 }),
    step('RETURN_STOCK', 1_600, { 'supergraph.saga.compensates': true }),
    createSpan({
      ...base,
      name: 'POST /v1/payment_intents',
      kind: 'client',
      startUs: startUs + 900,
      attributes: {
        'supergraph.order.id': orderId,
        'supergraph.peer': 'payments',
        'http.response.status_code': 200,
      },
    }),
    created,
    after(500, {
      name: 'send order.confirmed',
      service: 'orders',
      kind: 'producer',
      attributes: {
        ...event,
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'supergraph.events',
      },
    }),
    process(1, 'retry', 2_000),
    process(2, 'ack', 1_002_000),
  ]
}
