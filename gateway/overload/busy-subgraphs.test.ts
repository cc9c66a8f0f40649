import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, vi } from 'vitest'
import { operationIn, someone } from '../authorization/supergraph.fixture.ts'
import { createClientQueue } from '../execution/client-queue.ts'
import { createExecution } from '../execution/execution.ts'
import { createOperationChecks } from '../limits/operations.ts'
import type { SubgraphClient } from '../subgraphs/call.ts'
import { askUnlessBusy } from '../subgraphs/policies/unless-busy.ts'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { fill } from './full-load.fixture.ts'
import { createLoads } from './loads.ts'

const supergraph = loadSupergraph(readSupergraph())

/** Executes operations on subgraphs of which these answer; the others never do. */
const startExecution = (answers: Readonly<Record<string, object>>) => {
  const loads = createLoads()
  const ask = vi.fn<(service: string) => ReturnType<SubgraphClient['ask']>>(async service => {
    const data = answers[service]
    return data === undefined ? new Promise(() => undefined) : { data: { ...structuredClone(data) } }
  })
  const execution = createExecution({
    queue: createClientQueue(),
    supergraph,
    clients: new Map(
      supergraph.subgraphs.map(({ name }) => [
        name,
        askUnlessBusy(name, { ask: () => ask(name), stop: async () => {} }),
      ]),
    ),
    unauthorizedOperations: 'filter',
    checks: createOperationChecks(supergraph, { maxCost: 100_000, maxFetches: 60 }),
    maxAnswerBytes: 1_000_000,
    loads,
    logger: createLogger('gateway', 'silent'),
  })
  const viewer = someone()
  const execute = async (query: string) => {
    const operation = { ...operationIn(query), queryHash: query }
    const prepared = await execution.prepare(operation, {}, { authority: execution.authorityOf(viewer) })
    if (prepared.kind !== 'prepared') throw new AggregateError(prepared.errors)
    return prepared.execute({ viewer })
  }
  return { loads, ask, execute }
}

it('shows a page without the fields of a busy subgraph, which is not asked', async () => {
  const product = { __typename: 'Product', id: 'a', name: 'A lamp' }
  const { loads, ask, execute } = startExecution({ products: { products: { edges: [{ node: product }] } } })
  fill(loads.of('analytics'), 24)
  const { data, errors } = await execute(
    '{ products { edges { node { name unitsSold } } } bestSellers { unitsSold } }',
  )
  expect(JSON.parse(data)).toEqual({
    products: { edges: [{ node: { name: 'A lamp', unitsSold: null } }] },
    bestSellers: null,
  })
  expect(errors.map(({ extensions: { code, service } }) => [code, service])).toEqual([
    ['SERVICE_UNAVAILABLE', 'analytics'],
  ])
  expect(ask.mock.calls).toEqual([['products']])
  expect([loads.own.underWay, loads.of('products').underWay, loads.of('analytics').underWay]).toEqual([
    0, 0, 24,
  ])
})

it('refuses a query of which nothing would be shown', async () => {
  const { loads, ask, execute } = startExecution({})
  fill(loads.of('analytics'), 24)
  await expect(execute('{ bestSellers { unitsSold product { name } } }')).rejects.toMatchObject({
    extensions: { code: 'SERVICE_UNAVAILABLE', http: { status: 503 } },
  })
  expect(ask).not.toHaveBeenCalled()
})

it('answers queries of a subgraph at its least limit while mutations wait in it', async () => {
  const { loads, ask, execute } = startExecution({})
  fill(loads.of('users'), 0)
  for (let count = 0; count < 40; count += 1)
    void execute(
      `mutation { login(input: { email: "a${count}@example.com", password: "a" }) { __typename } }`,
    )
  await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(40))
  expect(loads.of('users').underWay).toBe(0)
  void execute('{ me { name } }')
  await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(41))
})
