import { setImmediate } from 'node:timers/promises'
import { planDocument } from '@supergraph/composition/query-planner.ts'
import { parse } from 'graphql'
import { expect, it } from 'vitest'
import { createAuthorityOf } from '../authorization/authority.ts'
import { authorizedSupergraph, nobody, operationIn } from '../authorization/supergraph.fixture.ts'
import { loadSupergraph } from '../supergraph.ts'
import type { PlanRequest } from './background-planner-thread.ts'
import { createClientQueue } from './client-queue.ts'
import { createPlanner } from './plan.ts'

const supergraph = loadSupergraph(
  authorizedSupergraph({ accounts: 'http://accounts', badges: 'http://badges' }),
)
const silent = new Map(
  supergraph.subgraphs.map(({ name }) => [name, { ask: () => new Promise<never>(() => undefined) }]),
)
const authority = createAuthorityOf(supergraph.requirements)(nobody)
const planFor = createPlanner(supergraph, silent, createClientQueue())
const plan = async (query: string) =>
  (await planFor({ ...operationIn(query), queryHash: query }, authority, {})).plan

it('counts what a plan keeps of introspection, variables and comments, not only of the selections', async () => {
  const { bytes } = await plan('{ title }')
  const long = [
    `{ title __schema { types { ${'a: name '.repeat(1_000)} } } }`,
    `query (${Array.from({ length: 1_000 }, (_, index) => `$v${index}: Int `).join('')}) { title }`,
    `{ title __typename } ${'#\n'.repeat(3_000)}`,
  ]
  for (const query of long) expect((await plan(query)).bytes - bytes).toBeGreaterThan(3_000 * 250)
})

it('plans an operation once, whether a document with no other one is asked for it by name or not', async () => {
  const operation = { ...operationIn('query Title { title }'), queryHash: 'named' }
  const named = await planFor({ ...operation, operationName: 'Title' }, authority, {})
  expect(named.plan).toBe((await planFor(operation, authority, {})).plan)
})

it('plans operations once that differ in their literals alone, each of which keeps its own', async () => {
  const planned = (query: string) => planFor({ ...operationIn(query), queryHash: query }, authority, {})
  const [first, second, other] = [
    await planned('{ node(id: "1") { id } }'),
    await planned('{ node(id: "2") { id } }'),
    await planned('{ node(id: "2") { name } }'),
  ]
  expect(second.plan).toBe(first.plan)
  expect(other.plan).not.toBe(first.plan)
  expect([first, second, other].map(({ valuesOf }) => Object.values(valuesOf({})))).toEqual([
    ['1'],
    ['2'],
    ['2'],
  ])
})

it('counts how often plans are asked for, and how often one is made', async () => {
  const counted = createPlanner(supergraph, silent, createClientQueue())
  const before = counted.statistics()
  for (const id of ['1', '2', '2']) {
    const query = `{ node(id: "${id}") { id } }`
    await counted({ ...operationIn(query), queryHash: query }, authority, {})
  }
  expect(before).toMatchObject({ asked: 0, planned: 0, entries: 0 })
  expect(counted.statistics()).toMatchObject({ asked: 3, planned: 1, entries: 1 })
})

it('plans a large operation in the background once for all who ask for it meanwhile, as it would here', async () => {
  const asked = new Set<string>()
  const background = {
    plan: async ({ key, text, operationName }: PlanRequest & { readonly key: string }) => {
      asked.add(key)
      await setImmediate()
      return { node: planDocument(supergraph, parse(text), { operationName }) }
    },
  }
  const query = `{ ${Array.from({ length: 100 }, (_, index) => `a${index}: title`).join(' ')} }`
  const operation = () => ({ ...operationIn(query), queryHash: query })
  const aside = createPlanner(supergraph, silent, createClientQueue(), background)
  const [one, other] = await Promise.all([
    aside(operation(), authority, {}),
    aside(operation(), authority, { clientAddress: '10.0.0.2' }),
  ])
  expect(asked.size).toBe(1)
  expect(other.plan).toBe(one.plan)
  expect(one.plan.queryPlan).toEqual((await plan(query)).queryPlan)
  await aside({ ...operationIn('{ title }'), queryHash: 'small' }, authority, {})
  expect(asked.size).toBe(1)
})

it('plans a large operation itself if the background failed, so that the error is the planner’s own', async () => {
  const query = `{ ${Array.from({ length: 100 }, (_, index) => `a${index}: title`).join(' ')} }`
  const aside = createPlanner(supergraph, silent, createClientQueue(), {
    plan: async () => 'failed' as const,
  })
  const planned = await aside({ ...operationIn(query), queryHash: query }, authority, {})
  expect(planned.plan.queryPlan).toEqual((await plan(query)).queryPlan)
})
