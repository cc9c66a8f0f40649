import { getOperationAST, parse } from 'graphql'
import { expect, it, onTestFinished, vi } from 'vitest'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { fill } from './full-load.fixture.ts'
import { createLoads } from './loads.ts'
import { createPriorityOf, type Priority, priorities } from './priorities.ts'
import { type Asks, asksNothing, createShedding } from './shedding.ts'

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
  ['{ __typename }', 'probe'],
  ['mutation { updateMe(input: {}) { __typename } }', 'write'],
  ['mutation { login(input: {}) { __typename } }', 'checkout'],
  ['mutation { refreshSession(input: {}) { __typename } }', 'checkout'],
  ['mutation { placeOrder(input: {}) { __typename } }', 'checkout'],
  [
    'mutation { updateMe(input: {}) { __typename } ... { placeOrder(input: {}) { __typename } } }',
    'checkout',
  ],
  ['mutation { continuePayment(input: {}) { __typename } }', 'checkout'],
])('%s is a %s', (query, priority) => {
  expect(priorityOfText(query)).toBe(priority)
})

it('takes a query that costs more than a page for a report, and no mutation', () => {
  expect(priorityOfText('{ products(first: 100) { edges { cursor } } }', 350)).toBe('report')
  expect(priorityOfText('mutation { updateMe(input: {}) { __typename } }', 1_000)).toBe('write')
  expect(priorityOfText('{ __typename }', 1_000)).toBe('probe')
})

const all: readonly Priority[] = [...priorities, 'probe']

/** Which priorities may begin. */
const servedBy = ({ check }: ReturnType<typeof createShedding>, asks: Asks) =>
  all.filter(priority => {
    try {
      check(asks, priority)
      return true
    } catch (error) {
      expect(error).toMatchObject({ extensions: { code: 'SERVICE_UNAVAILABLE', http: { status: 503 } } })
      return false
    }
  })

it('refuses what matters least first, as the process fills up, and no probe', () => {
  const loads = createLoads()
  const shedding = createShedding(loads)
  const served = [0, 16, 24, 29, 32].map(goal => {
    fill(loads.own, goal)
    expect(loads.own.limit).toBe(32)
    return servedBy(shedding, asksNothing)
  })
  expect(served).toEqual([0, 1, 2, 3, 4].map(refused => all.slice(refused)))
  const { leave } = shedding.begin(asksNothing, 'probe')
  expect(loads.own.underWay).toBe(33)
  leave()
  expect(loads.own.underWay).toBe(32)
})

it('refuses the sooner in a turn of the loop that takes long, the less an operation matters, unless little is under way', () => {
  const loads = createLoads()
  const shedding = createShedding(loads)
  const servedAfter = (turnMs: number) => {
    loads.lateness.expect(performance.now() - turnMs)
    return servedBy(shedding, asksNothing)
  }
  expect(servedAfter(10_000)).toEqual(all)
  for (let count = 0; count < 32; count += 1) loads.own.enter()
  expect([60, 90, 120, 140, 10_000].map(servedAfter)).toEqual(
    [0, 1, 2, 3, 4].map(refused => all.slice(refused)),
  )
  expect(loads.own.limit).toBe(1_024)
})

it('refuses a query for which only busy subgraphs are asked first, and leaves out those that are busy otherwise', () => {
  const loads = createLoads()
  const shedding = createShedding(loads)
  fill(loads.of('analytics'), 24)
  const [page, best] = [['products', 'analytics'], ['analytics']]
  expect(servedBy(shedding, { subgraphs: page, firstSubgraphs: page })).toEqual(all)
  expect(servedBy(shedding, { subgraphs: page, firstSubgraphs: best })).toEqual([
    'write',
    'checkout',
    'probe',
  ])
  expect(servedBy(shedding, { subgraphs: best, firstSubgraphs: best })).toEqual([
    'write',
    'checkout',
    'probe',
  ])

  const { busy, leave } = shedding.begin({ subgraphs: page, firstSubgraphs: ['products'] }, 'read')
  expect(busy).toEqual(['analytics'])
  expect([loads.of('products').underWay, loads.of('analytics').underWay]).toEqual([1, 24])
  leave()
  expect([loads.of('products').underWay, loads.of('analytics').underWay]).toEqual([0, 24])
})

it('refuses reports as long as a query that people wait for was refused, whatever they ask', () => {
  vi.useFakeTimers().advanceTimersByTime(10_000)
  onTestFinished(() => void vi.useRealTimers())
  const loads = createLoads()
  const { check } = createShedding(loads)
  fill(loads.of('products'), 24)
  const [page, report] = ['products', 'analytics'].map(name => ({
    subgraphs: [name],
    firstSubgraphs: [name],
  }))
  const isServed = (asks: Asks = asksNothing, priority: Priority) => {
    try {
      check(asks, priority)
      return true
    } catch {
      return false
    }
  }
  expect([isServed(report, 'report'), isServed(page, 'read'), isServed(report, 'report')]).toEqual([
    true,
    false,
    false,
  ])
  vi.advanceTimersByTime(1_000)
  expect(isServed(report, 'report')).toBe(true)
})

it('refuses what it can not answer as a whole while the process itself, or every subgraph that is asked first, has too much to do', () => {
  const page = ['products', 'analytics']
  const asks: Asks = { subgraphs: page, firstSubgraphs: page }
  const refused = ['write', 'checkout', 'probe']
  for (const lowered of ['own', 'products'] as const) {
    const loads = createLoads()
    const { check, ...shedding } = createShedding(loads)
    fill(loads.of('analytics'), 24)
    expect(servedBy({ check, ...shedding }, asks)).toEqual(all)
    fill(lowered === 'own' ? loads.own : loads.of(lowered), 0)
    expect(servedBy({ check, ...shedding }, asks)).toEqual(refused)
  }
})

it('refuses so as well when what else is asked first had too much to do a little while ago', () => {
  vi.useFakeTimers().advanceTimersByTime(10_000)
  onTestFinished(() => void vi.useRealTimers())
  const asks: Asks = { subgraphs: ['users', 'products'], firstSubgraphs: ['users', 'products'] }
  const loads = createLoads()
  const shedding = createShedding(loads)
  fill(loads.of('users'), 0)
  for (let round = 0; loads.of('users').isLowered; round += 1)
    for (let count = 0; count < 10; count += 1)
      loads.of('users').waited(0, performance.now(), performance.now() + 100 * round)
  vi.advanceTimersByTime(5_000)
  fill(loads.of('products'), 32)
  expect(servedBy(shedding, asks)).not.toContain('read')
  vi.advanceTimersByTime(5_000)
  fill(loads.of('products'), 32)
  expect(servedBy(shedding, asks)).toContain('read')
})

it('hears nothing of the waits for a subgraph while this process is late itself', () => {
  const loads = createLoads()
  for (let count = 0; count < 100; count += 1) loads.of('products').enter()
  const { waited } = loads.heardOf('products')
  loads.lateness.expect(1_000)
  for (let count = 0; count < 20; count += 1) waited(900, 500, 1_050)
  expect(loads.of('products').limit).toBe(1_024)
  for (let count = 0; count < 20; count += 1) waited(900, 500, 1_030)
  expect(loads.of('products').limit).toBeLessThan(100)
})
