import { getOperationAST, parse } from 'graphql'
import { expect, it } from 'vitest'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { createLoads } from './loads.ts'
import { createPriorityOf, priorities } from './priorities.ts'
import { createShedding } from './shedding.ts'

const priorityOf = createPriorityOf(loadSupergraph(readSupergraph()).shedMarks)

const priorityOfText = (query: string, cost = 10) => {
  const document = parse(query)
  const operation = getOperationAST(document)
  if (operation == null) throw new Error('the document has one operation')
  return priorityOf({ query, queryHash: query, document, operation, operationName: undefined }, cost)
}

it.each([
  ['{ bestSellers { unitsSold } }', 'report'],
  ['{ __typename ...A } fragment A on Query { salesSummary(from: "a", to: "b") { __typename } }', 'report'],
  ['{ products { edges { cursor } } }', 'read'],
  ['{ bestSellers { unitsSold } me { id } }', 'read'],
  ['mutation { login(input: {}) { __typename } }', 'write'],
  ['mutation { placeOrder(input: {}) { __typename } }', 'checkout'],
  ['mutation { login(input: {}) { __typename } ... { placeOrder(input: {}) { __typename } } }', 'checkout'],
  ['mutation { continuePayment(input: {}) { __typename } }', 'checkout'],
])('%s is a %s', (query, priority) => {
  expect(priorityOfText(query)).toBe(priority)
})

it('takes a query that costs more than a page for a report, and no mutation', () => {
  expect(priorityOfText('{ products(first: 100) { edges { cursor } } }', 350)).toBe('report')
  expect(priorityOfText('mutation { login(input: {}) { __typename } }', 1_000)).toBe('write')
})

/** Which priorities may begin. */
const servedBy = (shedding: ReturnType<typeof createShedding>, subgraphs: readonly string[]) =>
  priorities.filter(priority => {
    try {
      shedding.check(shedding.neededBy({ subgraphs }), priority)
      return true
    } catch (error) {
      expect(error).toMatchObject({ extensions: { code: 'SERVICE_UNAVAILABLE', http: { status: 503 } } })
      return false
    }
  })

it('refuses what matters least first, as a busy subgraph fills up', () => {
  const loads = createLoads()
  const shedding = createShedding(loads)
  const needed = shedding.neededBy({ subgraphs: ['products'] })
  for (let count = 0; count < 10; count += 1) loads.of('products').waited(900, 0, 1_000 * count)
  for (let round = 1; round < 20; round += 1)
    for (let count = 0; count < 10; count += 1)
      loads.of('products').waited(900, 20_000 * round, 20_000 * round + 100)
  expect(loads.of('products').limit).toBe(32)
  const served = [0, 16, 24, 29, 32].map((goal, index, goals) => {
    for (let count = goals[index - 1] ?? 0; count < goal; count += 1) shedding.enter(needed, 'checkout')
    return servedBy(shedding, ['products'])
  })
  expect(served).toEqual([priorities, priorities.slice(1), priorities.slice(2), priorities.slice(3), []])
  expect(servedBy(shedding, ['orders', 'users'])).toEqual(priorities)
  shedding.leave(needed)
  expect(servedBy(shedding, ['products'])).toEqual(['checkout'])
})
