import { OperationTypeNode, parse } from 'graphql'
import { expect, it } from 'vitest'
import { readSubscriptionMarks } from '../subgraphs/subscription-marks.ts'
import { createEventOperations } from './event-operation.ts'
import { Position } from './position.ts'

const supergraph = (argument: string, subscription = '') => `
  schema @link(url: "https://specs.apollo.dev/tag/v0.3") { query: Query }
  type Subscription {
    orderUpdated(id: ID!, afterVersion: Int! ${argument}): OrderUpdate ${subscription}
    plain(id: ID!): OrderUpdate
  }
  type OrderUpdate { version: Int! versions: [Int!]! order: Order! }
  type Order { id: ID! }
`
const tagged = '@tag(name: "resumes-after/version")'

const operationOf = (query: string, variableUsages: readonly string[] = [], schema = supergraph(tagged)) =>
  createEventOperations(readSubscriptionMarks(parse(schema)))({
    kind: 'Fetch',
    serviceName: 'orders',
    operation: query,
    operationName: undefined,
    operationKind: OperationTypeNode.SUBSCRIPTION,
    operationDocumentNode: undefined,
    variableUsages: [...variableUsages],
    requires: undefined,
  })
const flat = (query: string) => query.replaceAll(/\s+/g, ' ')

it('selects the cursor although the client did not, and takes it out of the event', () => {
  const operation = operationOf('subscription ($i: ID!) { up: orderUpdated(id: $i) { order { id } } }', ['i'])
  expect(flat(operation.query)).toBe(
    'subscription ($i: ID!) { up: orderUpdated(id: $i) { order { id } cursor_: version } }',
  )
  const position = new Position(operation, { i: '1', other: 2 })
  expect(position.first().variables).toEqual({ i: '1' })
  expect(position.resume()).toBeUndefined()
  expect(position.accept({ data: { up: { order: { id: '1' }, cursor_: 7 } } })).toEqual({
    answer: { data: { up: { order: { id: '1' } } } },
    cursor: 7,
  })
  const resumed = position.resume()
  expect(flat(resumed?.query ?? '')).toBe(
    'subscription ($i: ID!, $after_: Int) { up: orderUpdated(id: $i, afterVersion: $after_) { order { id } cursor_: version } }',
  )
  expect(resumed?.variables).toEqual({ i: '1', after_: 7 })
})

it('puts the new cursor in the place of the one that the client gave, in names that the client has not', () => {
  const query =
    'subscription ($cursor_: ID!, $v: Int! = 3) { orderUpdated(id: $cursor_, afterVersion: $v) { after_: version } }'
  const operation = operationOf(query, ['cursor_', 'v'])
  const position = new Position(operation, { cursor_: '1' })
  expect(position.first().variables).toEqual({ cursor_: '1' })
  const goingOn =
    'subscription ($cursor_: ID!, $after__: Int) { orderUpdated(id: $cursor_, afterVersion: $after__) { after_: version cursor__: version } }'
  expect(flat(position.resume()?.query ?? '')).toBe(goingOn)
  expect(position.resume()?.variables).toEqual({ cursor_: '1', after__: 3 })
  position.accept({ data: { orderUpdated: { after_: 4, cursor__: 4 } } })
  expect(position.resume()?.variables).toEqual({ cursor_: '1', after__: 4 })
})

it('goes on from a cursor that is a literal, and knows none in an event that failed', () => {
  const operation = operationOf('subscription { orderUpdated(id: 1, afterVersion: 5) { version } }')
  const position = new Position(operation, {})
  expect(position.accept({ data: { orderUpdated: null }, errors: [] })).toMatchObject({ cursor: 5 })
  expect(position.accept({ data: null })).toMatchObject({ cursor: 5 })
  expect(position.resume()?.variables).toEqual({ after_: 5 })
})

it('begins again without a cursor only where the first event is the state', () => {
  const query = 'subscription { orderUpdated(id: 1) { version } }'
  expect(new Position(operationOf(query), {}).resume()).toBeUndefined()
  const withState = operationOf(query, [], supergraph(tagged, '@tag(name: "begins-with-state")'))
  const position = new Position(withState, {})
  expect(position.resume()).toEqual(position.first())
})

it('never resumes what the supergraph does not mark', () => {
  const operation = operationOf('subscription { plain(id: 1) { version } }')
  expect(operation.query).toBe('subscription { plain(id: 1) { version } }')
  const position = new Position(operation, {})
  expect(position.accept({ data: { plain: { version: 1 } } })).toEqual({
    answer: { data: { plain: { version: 1 } } },
    cursor: undefined,
  })
  expect(position.resume()).toBeUndefined()
})

it('selects what an event is the state of, and takes it out again', () => {
  const schema = supergraph('', '@tag(name: "state-of/order/id")')
  const operation = operationOf('subscription { orderUpdated(id: 1) { version } }', [], schema)
  expect(flat(operation.query)).toBe('subscription { orderUpdated(id: 1) { version state_: order { id } } }')
  const position = new Position(operation, {})
  expect(position.accept({ data: { orderUpdated: { version: 1, state_: { id: 'a' } } } })).toEqual({
    answer: { data: { orderUpdated: { version: 1 } } },
    cursor: undefined,
    of: 'a',
  })
  expect(position.accept({ data: { orderUpdated: null } })).toMatchObject({ of: undefined })
  expect(position.resume()).toEqual(position.first())
})

it('refuses a mark whose field is no cursor', () => {
  for (const field of ['missing', 'versions', 'order'])
    expect(() => readSubscriptionMarks(parse(supergraph(`@tag(name: "resumes-after/${field}")`)))).toThrow(
      `Subscription.orderUpdated: its event has no single value at what the tag "resumes-after/${field}" names.`,
    )
})
