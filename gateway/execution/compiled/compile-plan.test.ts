import type { FetchNode } from '@apollo/query-planner'
import { OperationTypeNode } from 'graphql'
import { expect, it } from 'vitest'
import { keyOf } from '../../authorization/selections.ts'
import type { SubgraphAnswer } from '../../subgraphs/answer.ts'
import { createAnswerRoom } from '../../subgraphs/answer-room.ts'
import { executionContext } from '../../subgraphs/context.fixture.ts'
import { compilePlan } from './compile-plan.ts'
import { operationOn, schema } from './shape.fixture.ts'

const fetchAll: FetchNode = {
  kind: 'Fetch',
  serviceName: 'all',
  operation: '{ all }',
  operationName: undefined,
  operationKind: OperationTypeNode.QUERY,
}
const context = () => executionContext({ room: createAnswerRoom(1_000) })
const keys = { of: keyOf, toClient: (path: readonly (string | number)[]) => path, areRenamed: false }

/** Compiles a query whose data come from one subgraph. */
const compile = (query: string, values: Readonly<Record<string, unknown>>, answer: SubgraphAnswer) =>
  compilePlan(
    fetchAll,
    { ...operationOn(query, values), keys },
    {
      schema,
      apiSchema: schema,
      numbers: new Map(),
      clients: new Map([['all', { ask: async () => structuredClone(answer) }]]),
    },
  )

const flags = ['a', 'b', 'c']
const names = ['int', 'string', 'id']

it('answers each choice of what @skip and @include leave, however many it keeps code for', async () => {
  const query = `query ($a: Boolean = true, $b: Boolean!, $c: Boolean!) {
    int @include(if: $a) string @include(if: $b) id @skip(if: $c)
  }`
  const data = { int: 1, string: 'x', id: '1' }
  const plan = compile(query, { b: true, c: false }, { data })
  expect([plan.maxWriters, plan.maxPatterns]).toEqual([4, 4])
  for (let round = 0; round < 2; round += 1)
    for (let choice = 0; choice < 8; choice += 1) {
      const values = Object.fromEntries(flags.map((flag, bit) => [flag, (choice & (1 << bit)) > 0]))
      const left = names.filter((_, bit) => (bit === 2 ? !values.c : values[flags[bit] ?? '']))
      const { data: text, errors } = await plan.ready(values)(values, context(), undefined)
      expect(Object.keys(JSON.parse(text))).toEqual(left)
      expect(errors).toEqual([])
    }
})

it('refuses a null for a variable that decides what is selected', () => {
  const plan = compile('query ($a: Boolean = true) { int @skip(if: $a) }', {}, { data: {} })
  expect(() => plan.ready({ a: null })).toThrow('"$a"')
})

it('tells what does not fit once, and not again if the subgraph has told why', async () => {
  const query = '{ must int }'
  const run = async (answer: SubgraphAnswer) => {
    const { data, errors } = await compile(query, {}, answer).ready({})({}, context(), undefined)
    return { data, codes: errors.map(({ extensions }) => extensions.code) }
  }
  const error = { message: 'no', path: ['must'], extensions: { code: 'BROKEN' } }
  expect(await run({ data: { int: 1 } })).toEqual({ data: 'null', codes: ['INVALID_ANSWER'] })
  expect(await run({ data: { int: 1 }, errors: [error] })).toEqual({ data: 'null', codes: ['BROKEN'] })
})

it('completes an event, with its errors', async () => {
  const { document, operation } = operationOn('{ int string }')
  const plan = compilePlan(
    undefined,
    { document, operation, keys },
    { schema, apiSchema: schema, numbers: new Map(), clients: new Map() },
  )
  const event = { data: { int: 1 }, errors: [{ message: 'no', path: ['string'] }] }
  const { data, errors } = await plan.ready({})({}, context(), event)
  expect(data).toBe('{"int":1,"string":null}')
  expect(errors).toMatchObject([{ message: 'no', path: ['string'] }])
})
