import { expect, it } from 'vitest'
import { createSpan } from '../tests/example-traces.ts'
import { explain, nullReasonsOf } from './nulls.ts'
import { placesOf } from './plan.ts'
import { readPlan } from './query-plan.ts'

const plan =
  readPlan(
    'p1',
    JSON.stringify({
      steps: {
        kind: 'sequence',
        nodes: [
          {
            kind: 'fetch',
            number: 0,
            subgraph: 'orders',
            path: [],
            operation: '{ order { number items { product { __typename id } } customer { __typename id } } }',
          },
          {
            kind: 'parallel',
            nodes: [
              {
                kind: 'fetch',
                number: 1,
                subgraph: 'products',
                path: ['order', 'items', '@', 'product'],
                requires: '... on Product { __typename id }',
                operation:
                  'query($representations:[_Any!]!){_entities(representations:$representations){...on Product{name price{amountMinor}}}}',
              },
              {
                kind: 'fetch',
                number: 2,
                subgraph: 'users',
                path: ['order', 'customer'],
                operation:
                  'query($representations:[_Any!]!){_entities(representations:$representations){...on User{name}}}',
              },
            ],
          },
        ],
      },
      fields: [],
    }),
  ) ?? null

const fetchSpan = (number: number, failure?: string) =>
  createSpan({
    kind: 'client',
    error: failure ?? null,
    attributes: {
      'supergraph.fetch.numbers': String(number),
      'supergraph.fetch.bytes': failure === undefined ? 100 : 0,
      ...(failure !== undefined && { 'error.type': failure }),
    },
  })

it('knows the places that a plan fills', () => {
  expect(plan && placesOf(plan)).toEqual([
    'order.number',
    'order.items.product.id',
    'order.customer.id',
    'order.items.@.product.name',
    'order.items.@.product.price.amountMinor',
    'order.customer.name',
  ])
})

it('tells that a fetch failed, for all that it was to bring', () => {
  const failed = fetchSpan(1, 'SERVICE_TIMEOUT')
  const root = createSpan({ attributes: { 'supergraph.error.list': ['SERVICE_TIMEOUT products '] } })
  const spans = [root, fetchSpan(0), failed, fetchSpan(2)]
  const reasons = nullReasonsOf(spans, plan)
  const told = { kind: 'failed', code: 'SERVICE_TIMEOUT', subgraph: 'products', spanId: failed.spanId }
  expect(reasons).toEqual([{ ...told, path: 'order.items.@.product' }])
  expect(explain('order.items.0.product.name', { plan, reasons, spans })).toMatchObject({
    reasons: [told],
    span: failed,
  })
  expect(explain('order.customer.name', { plan, reasons, spans }).reasons).toEqual([])
})

it('tells what was refused and what is missing, at the place and around it', () => {
  const root = createSpan({
    attributes: {
      'supergraph.error.list': ['UNAUTHORIZED_FIELD_OR_TYPE - order.customer.name'],
      'supergraph.entities.missing': ['products order.items.1.product'],
    },
  })
  const spans = [root, fetchSpan(0), fetchSpan(1)]
  const reasons = nullReasonsOf(spans, plan)
  const kindsAt = (path: string) => explain(path, { plan, reasons, spans }).reasons.map(({ kind }) => kind)
  expect(kindsAt('order.customer.name')).toEqual(['refused'])
  expect(kindsAt('order.items.1.product.name')).toEqual(['missing'])
  expect(kindsAt('order.items.0.product.name')).toEqual([])
  expect(kindsAt('order.items.product.name')).toEqual(['missing'])
  expect(kindsAt('order.number')).toEqual([])
})

it('tells which subgraph answered null itself, and which one was not asked', () => {
  const spans = [fetchSpan(0)]
  const at = (path: string) => {
    const { fetch, span } = explain(path, { plan, reasons: [], spans })
    return [fetch?.subgraph, span !== undefined]
  }
  expect(at('order.items.3.product.price')).toEqual(['products', false])
  expect(at('order.number')).toEqual(['orders', true])
  expect(at('nothing.here')).toEqual([undefined, false])
})
