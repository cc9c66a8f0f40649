import { buildSchema, Kind, parse } from 'graphql'
import { expect, it } from 'vitest'
import type { NamedClient } from '../named-clients.ts'
import { createUseCounts } from './use-counts.ts'

const schema = buildSchema('type Query { a(of: ID): ID b: ID }')

const operationOf = (query: string) => {
  const document = parse(query)
  const [operation] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation')
  return { query, queryHash: query, document, operation, operationName: operation.name?.value }
}
const client = (name: string, version = ''): NamedClient => ({ name, version, listedName: undefined })
const [web, ios] = [client('web', '1.2'), client('ios')]

it('counts by operation and client, and begins anew when it was asked', () => {
  const { countFor, take } = createUseCounts()
  const count = countFor(schema)
  const [a, b] = [operationOf('query A { a }'), operationOf('{ b }')]
  for (const by of [web, ios, web]) count(a, by)
  count(b, undefined)
  expect(take()).toEqual({
    operations: [
      {
        name: 'A',
        signature: 'query A {\n  a\n}',
        clients: [
          { name: 'web', version: '1.2', requests: 2 },
          { name: 'ios', version: '', requests: 1 },
        ],
      },
      { name: '', signature: '{\n  b\n}', clients: [{ name: '', version: '', requests: 1 }] },
    ],
    otherRequests: 0,
  })
  expect(take()).toEqual({ operations: [], otherRequests: 0 })
  count(a, web)
  expect(take().operations).toMatchObject([{ name: 'A', clients: [{ name: 'web', requests: 1 }] }])
})

it('counts operations that differ in literals as one, on every supergraph', () => {
  const { countFor, take } = createUseCounts({ maxOperations: 1 })
  for (const count of [countFor(schema), countFor(schema)])
    for (const id of ['1', '2', '3']) count(operationOf(`{ a(of: ${id}) }`), web)
  expect(take()).toMatchObject({ operations: [{ clients: [{ requests: 6 }] }], otherRequests: 0 })
})

it.each([
  ['operations', { maxOperations: 2 }],
  ['bytes', { maxSignatures: 40 }],
])('counts what is beyond its %s as not told apart, and loses none', (_title, limits) => {
  const { countFor, take } = createUseCounts(limits)
  const count = countFor(schema)
  const operations = Array.from({ length: 5 }, (_, index) => operationOf(`query A${index} { a }`))
  for (const operation of [...operations, ...operations]) count(operation, web)
  const { operations: counted, otherRequests } = take()
  expect(counted.map(({ name }) => name)).toEqual(['A0', 'A1'])
  expect(otherRequests).toBe(6)
  for (const operation of operations.slice(2, 4)) count(operation, web)
  expect(take()).toMatchObject({ operations: [{ name: 'A2' }, { name: 'A3' }], otherRequests: 0 })
})

it('does not tell an operation apart whose text has no end', () => {
  const { countFor, take } = createUseCounts()
  countFor(schema)(operationOf(`query ${'A'.repeat(40_000)} { a }`), web)
  expect(take()).toEqual({ operations: [], otherRequests: 1 })
})

it('does not tell an operation apart whose fragments have thousands of levels, and fails for none', () => {
  const { countFor, take } = createUseCounts({ maxSignatureLength: 10_000_000, maxSignatures: 10_000_000 })
  const fragments = Array.from(
    { length: 20_000 },
    (_, index) => `fragment F${index} on Query { a ...F${index + 1} }`,
  )
  countFor(schema)(operationOf(`{ ...F0 } ${fragments.join(' ')} fragment F20000 on Query { b }`), web)
  expect(take()).toEqual({ operations: [], otherRequests: 1 })
})

it('counts clients beyond the limit as other ones of the same operation', () => {
  const { countFor, take } = createUseCounts({ maxClients: 2 })
  const count = countFor(schema)
  const [a, b] = [operationOf('query A { a }'), operationOf('query B { b }')]
  for (const by of [web, ios, client('a'), client('b'), web]) count(a, by)
  count(b, web)
  expect(take().operations).toMatchObject([
    {
      name: 'A',
      clients: [
        { name: 'web', requests: 2 },
        { name: 'ios', requests: 1 },
        { name: '(other)', requests: 2 },
      ],
    },
    { name: 'B', clients: [{ name: '(other)', requests: 1 }] },
  ])
})

it('counts what could not be reported again, within the same limits', () => {
  const { countFor, take, restore } = createUseCounts({ maxOperations: 2 })
  const count = countFor(schema)
  const [a, b, c] = [
    operationOf('query A { a }'),
    operationOf('query B { b }'),
    operationOf('query C { a b }'),
  ]
  for (const operation of [a, b, c]) count(operation, web)
  const lost = take()
  count(c, web)
  count(a, client('web', '1.2'))
  restore(lost)
  expect(take()).toEqual({
    operations: [
      expect.objectContaining({ name: 'C', clients: [{ name: 'web', version: '1.2', requests: 1 }] }),
      expect.objectContaining({ name: 'A', clients: [{ name: 'web', version: '1.2', requests: 2 }] }),
    ],
    otherRequests: 2,
  })
})
