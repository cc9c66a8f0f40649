import type { Attributes, Span } from '../traces/span.ts'
import { createSpan } from './example-traces.ts'

const entities = (selection: string) =>
  `query OrderPage($representations:[_Any!]!){_entities(representations:$representations){${selection}}}`

const plan = {
  steps: {
    kind: 'sequence',
    nodes: [
      {
        kind: 'fetch',
        number: 0,
        path: [],
        subgraph: 'orders',
        operation:
          'query OrderPage__orders__0($id:ID!){order(id:$id){id number status total{amountMinor currency}items{productName quantity product{__typename id}}customer{__typename id}}}',
      },
      {
        kind: 'parallel',
        nodes: [
          {
            kind: 'fetch',
            number: 1,
            path: ['order', 'items', '@', 'product'],
            subgraph: 'products',
            requires: '... on Product { __typename id }',
            operation: entities('...on Product{name available imageUrl price{amountMinor currency}}'),
          },
          {
            kind: 'fetch',
            number: 2,
            path: ['order', 'customer'],
            subgraph: 'users',
            requires: '... on User { __typename id }',
            operation: entities('...on User{name}'),
          },
          {
            kind: 'fetch',
            number: 3,
            path: ['order', 'items', '@', 'product'],
            subgraph: 'analytics',
            requires: '... on Product { __typename id }',
            operation: entities('...on Product{unitsSold}'),
          },
        ],
      },
    ],
  },
  fields: [
    'Query.order',
    'Order.id',
    'Order.number',
    'Order.items',
    'OrderItem.product',
    'Product.name',
    'User.name',
  ],
}

/** A request with its plan, of which one fetch failed: `products` did not answer. */
export const createPlannedRequest = (more: Attributes = {}): readonly Span[] => {
  const root = createSpan({
    durationUs: 49_400,
    attributes: {
      'graphql.operation.type': 'query',
      'graphql.operation.name': 'OrderPage',
      'supergraph.transport': 'http',
      'supergraph.client.name': 'web',
      'supergraph.plan.cached': true,
      'supergraph.plan.id': '3f2a90c1d4e5b607',
      'supergraph.plan.text': JSON.stringify(plan),
      'supergraph.errors': 2,
      'supergraph.error.list': [
        'SERVICE_UNAVAILABLE products ',
        'UNAUTHORIZED_FIELD_OR_TYPE - order.customer.name',
      ],
      'supergraph.entities.missing': ['analytics order.items.2.product'],
      ...more,
    },
  })
  const { traceId, spanId: parentSpanId, startUs } = root
  const call = (
    number: number,
    subgraph: string,
    {
      afterUs,
      attributes,
      ...more
    }: Partial<Span> & { readonly afterUs: number; readonly attributes: Attributes },
  ) =>
    createSpan({
      traceId,
      parentSpanId,
      name: `fetch ${subgraph}`,
      kind: 'client',
      startUs: startUs + afterUs,
      attributes: {
        'supergraph.subgraph': subgraph,
        'supergraph.fetch.numbers': String(number),
        ...attributes,
      },
      ...more,
    })
  const orders = call(0, 'orders', {
    afterUs: 600,
    durationUs: 6_300,
    attributes: { 'supergraph.fetch.bytes': 1_834 },
  })
  const work = createSpan({
    traceId,
    parentSpanId: orders.spanId,
    service: 'orders',
    startUs: startUs + 900,
    durationUs: 5_600,
  })
  const statement = createSpan({
    traceId,
    parentSpanId: work.spanId,
    service: 'orders',
    name: 'SELECT orders',
    kind: 'client',
    startUs: startUs + 1_400,
    durationUs: 3_100,
    attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'select * from orders where id = $1' },
  })
  return [
    statement,
    work,
    orders,
    call(1, 'products', {
      afterUs: 7_200,
      durationUs: 41_300,
      error: 'SERVICE_UNAVAILABLE',
      attributes: {
        'supergraph.fetch.entities': 12,
        'supergraph.fetch.representations': 4,
        'supergraph.fetch.bytes': 0,
        'error.type': 'SERVICE_UNAVAILABLE',
      },
    }),
    call(2, 'users', {
      afterUs: 7_250,
      durationUs: 2_900,
      attributes: {
        'supergraph.fetch.entities': 1,
        'supergraph.fetch.representations': 1,
        'supergraph.fetch.bytes': 96,
      },
    }),
    call(3, 'analytics', {
      afterUs: 7_300,
      durationUs: 4_400,
      attributes: {
        'supergraph.fetch.entities': 12,
        'supergraph.fetch.representations': 4,
        'supergraph.fetch.bytes': 212,
      },
    }),
    root,
  ]
}

/** What the logs say in that request, as an OTLP export. */
export const createLines = (spans: readonly Span[]): object => {
  const record = (span: Span | undefined, severityNumber: number, message: string, fields: object) => ({
    timeUnixNano: `${(span?.startUs ?? 0) + (span?.durationUs ?? 0)}000`,
    severityNumber,
    body: { stringValue: message },
    attributes: Object.entries(fields).map(([key, value]) => ({ key, value: { stringValue: value } })),
    traceId: span?.traceId,
    spanId: span?.spanId,
  })
  const lines = (service: string, logRecords: readonly object[]) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeLogs: [{ logRecords }],
  })
  const products = spans.find(({ name }) => name === 'fetch products')
  const work = spans.find(({ service }) => service === 'orders')
  return {
    resourceLogs: [
      lines('gateway', [
        record(products, 13, 'a subgraph does not answer', {
          subgraph: 'products',
          'exception.message': 'connect ECONNREFUSED',
        }),
      ]),
      lines('orders', [record(work, 9, 'the order was read from the replica', { replica: 'orders-2' })]),
    ],
  }
}
