import { readdirSync, readFileSync } from 'node:fs'
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { Kind, parse } from 'graphql'
import { expect, it } from 'vitest'
import { partOfSupergraph } from './part-of-supergraph.ts'
import { fetchesIn, type PlannedFetch, sizeOfPlan } from './planned-fetches.ts'
import { createQueryPlanner, type PlannedNode, planDocument } from './query-planner.ts'
import { createTouchedBy } from './touched-types.ts'

const schema = new URL('../../schema/', import.meta.url)
const whole = parse(readFileSync(new URL('supergraph.graphql', schema), 'utf8'), { noLocation: true })
const operations = readdirSync(new URL('operations/', schema)).filter(name => name.endsWith('.graphql'))

const plannerOf = (document: typeof whole) => {
  const supergraph = Supergraph.build(document, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
  return { planner: createQueryPlanner(supergraph), apiSchema: supergraph.apiSchema() }
}
const all = plannerOf(whole)
const touchedBy = createTouchedBy(whole)
const parts = new Map<string, ReturnType<typeof plannerOf>>()

/** n.b. a fragment on an interface may stand for those on all its types: the paths are the same. */
const sorted = ({ subgraph, provides, requires }: PlannedFetch) => ({
  subgraph,
  provides: [...new Set(provides)].sort(),
  requires: [...requires].sort(),
})

it.each(operations)('plans %s to ask the same as on all subgraphs', name => {
  const document = parse(readFileSync(new URL(`operations/${name}`, schema), 'utf8'), { noLocation: true })
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`${name} has no operation`)
  const { graphs } = touchedBy(document, operation)
  const key = [...graphs].sort().join()
  const part = parts.get(key) ?? plannerOf(partOfSupergraph(whole, graphs))
  parts.set(key, part)
  const told = (plan: PlannedNode) => ({ size: sizeOfPlan(plan), fetches: fetchesIn(plan).map(sorted) })
  const plan = planDocument(part, document, { operationName: operation.name?.value })
  expect(told(plan)).toEqual(told(planDocument(all, document, { operationName: operation.name?.value })))
  expect(plan).toBeDefined()
})

it('has a query even if none of the subgraphs has one', () => {
  const part = Supergraph.build(partOfSupergraph(whole, new Set(['NOTIFICATIONS'])), {
    supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  })
  expect(part.apiSchema().schemaDefinition.rootType('query')?.fields().length).toBeGreaterThan(0)
})

it('leaves out what is of other subgraphs alone', () => {
  const text = JSON.stringify(partOfSupergraph(whole, new Set(['USERS'])))
  expect(text).toContain('addresses')
  expect(text).not.toContain('unitsSold')
  expect(JSON.stringify(whole)).toContain('unitsSold')
})
