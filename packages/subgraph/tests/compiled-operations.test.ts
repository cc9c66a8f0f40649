import { setImmediate } from 'node:timers/promises'
import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  parse,
} from 'graphql'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Generated, generateOperation } from '../../../testbed/operations.ts'
import { createRandom } from '../../../testbed/random.ts'
import { type CompiledResult, compileOperation } from '../compiled/compile-operation.ts'
import { copyAsJson } from '../json-values.ts'
import { type Mischief, mischievousSchema } from './mischievous-schema.ts'

const maxFields = 2_000
const operationsPerService = 600
const shares = [0, 0.02, 0.1, 0.3] as const

/** What can be seen of an execution: its answer, what its errors are made of, and what its resolvers saw in which order. */
const watch = async (
  seed: string,
  share: number,
  run: (contextValue: Mischief) => ExecutionResult | Promise<ExecutionResult>,
) => {
  const mischief: Mischief = { seed, share, viewer: { kind: 'anonymous' }, events: [] }
  const ended = run(mischief)
  const answer = withoutSize(await ended)
  mischief.events.push('end')
  // n.b. what still waits for nobody goes on for some ticks
  for (let tick = 0; tick < 50; tick += 1) await undefined
  return {
    isSync: !(ended instanceof Promise),
    text: JSON.stringify(answer),
    errors: answer.errors?.map(({ originalError, nodes, positions }) => [
      String(originalError),
      nodes?.map(({ loc }) => loc?.start),
      positions,
    ]),
    events: mischief.events,
  }
}

const withoutSize = ({ size: _, ...answer }: ExecutionResult & Partial<CompiledResult>): ExecutionResult =>
  answer

/** Executes an operation in both ways; undefined for one that is not compiled. */
const executeBoth = async (schema: GraphQLSchema, seed: string, { query, variables }: Generated) => {
  const document = parse(query)
  const operation = getOperationAST(document)
  const compiled = operation && compileOperation(schema, document, operation, maxFields)
  if (compiled == null) return undefined
  const share = createRandom(seed).pick(shares)
  const results: (CompiledResult | Promise<CompiledResult>)[] = []
  const executeCompiled = (contextValue: Mischief) => {
    const result = compiled.execute(contextValue, variables)
    results.push(result)
    return result
  }
  return {
    results,
    expected: await watch(seed, share, contextValue =>
      execute({ schema, document, contextValue, variableValues: variables }),
    ),
    got: await watch(seed, share, executeCompiled),
  }
}

/** The data of a result and its size, as it is said and as a copy of the data has it. */
const sizesOf = ({ data = null, errors, size }: CompiledResult) => {
  const copy = copyAsJson(data)
  // n.b. what failed was counted as far as it came
  const bytes = errors === undefined ? size.bytes : copy.bytes
  return { said: { value: data, bytes }, copied: copy }
}

/** n.b. graphql lets promises in lists that failed already reject unhandled, which would fail the test. */
const ignoreRejections = () => {
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', () => undefined)
  onTestFinished(async () => {
    await setImmediate()
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  })
}

describe.each(['users', 'products', 'orders', 'notifications', 'analytics'])('%s', service => {
  it('executes operations compiled as graphql does, in the same order and with the same errors', async () => {
    ignoreRejections()
    const schema = mischievousSchema(service)
    const random = createRandom(service)
    let withData = 0
    let withErrors = 0
    let executed = 0
    let sized = 0
    for (let index = 0; executed < operationsPerService; index += 1) {
      const seed = `${service} ${index}`
      const generated = generateOperation(random.fork(seed), schema, 0)
      const both = await executeBoth(schema, seed, generated)
      if (both === undefined) continue
      executed += 1
      if (both.expected.errors !== undefined) withErrors += 1
      if (!both.expected.text.includes('"data":null')) withData += 1
      expect(both.got, `${seed}\n${generated.query}`).toEqual(both.expected)
      for (const result of await Promise.all(both.results)) {
        if (!result.size.isJson) continue
        const { said, copied } = sizesOf(result)
        expect(said, `${seed}\n${generated.query}`).toEqual(copied)
        sized += 1
      }
    }
    expect(withData).toBeGreaterThan(operationsPerService / 4)
    expect(withErrors).toBeGreaterThan(operationsPerService / 6)
    expect(sized).toBeGreaterThan(operationsPerService / 4)
  })
})

it.each([
  ['directives', 'products', 'query ($no: Boolean!) { product(id: "1") { id sku @skip(if: $no) } }'],
  ['introspection', 'products', '{ __schema { types { name } } }'],
  [
    'too many fields',
    'products',
    `{ ${Array.from({ length: maxFields }, (_, index) => `a${index}: __typename`)} b: __typename }`,
  ],
  ['too many fields, since fragments are in fragments', 'orders', blowUp(12)],
])('leaves %s to graphql', (_, service, query) => {
  const document = parse(query)
  const operation = getOperationAST(document)
  const schema = mischievousSchema(service)
  expect(operation && compileOperation(schema, document, operation, maxFields)).toBeUndefined()
})

/** A short document that selects 2 to the power of `depth` fields. */
function blowUp(depth: number): string {
  const fragments = Array.from({ length: depth }, (_, index) => {
    const next = index + 1 === depth ? 'id' : `...F${index + 1}`
    return `fragment F${index} on Order { a: customer { orders { edges { node { ${next} } } } } b: customer { orders { edges { node { ${next} } } } } }`
  })
  return `{ order(id: "1") { ...F0 } } ${fragments.join(' ')}`
}

it.each([
  ['a number that JSON lacks', Number.NaN],
  ['zero with a sign', -0],
  ["an object, which may be somebody else's", { a: 1 }],
  ['a time', new Date(0)],
])('says that the answer is not as it would come out of JSON if it has %s', async (_, value) => {
  const schema = buildSchema('scalar Any type Query { any: Any, list: [Any] }')
  const ask = async (query: string) => {
    const document = parse(query)
    const operation = getOperationAST(document)
    const compiled = operation && compileOperation(schema, document, operation, maxFields)
    return (await compiled?.execute({}, {}))?.size
  }
  Object.assign(schema.getQueryType()?.getFields().any ?? {}, { resolve: () => value })
  Object.assign(schema.getQueryType()?.getFields().list ?? {}, { resolve: () => ['text', value] })
  expect(await ask('{ __typename }')).toEqual({ bytes: 2 + 14 + 7, isJson: true })
  expect(await ask('{ any }')).toMatchObject({ isJson: false })
  expect(await ask('{ list }')).toMatchObject({ isJson: false })
})

it('lets no promise reject unhandled after a list has failed', async () => {
  const schema = buildSchema('type Query { list: [Int!]! }')
  const document = parse('{ list }')
  const operation = getOperationAST(document)
  const list = () => [Promise.reject(new Error('late')), 'no number']
  Object.assign(schema.getQueryType()?.getFields().list ?? {}, { resolve: list })
  const rejected = vi.fn()
  process.on('unhandledRejection', rejected)
  const compiled = operation && compileOperation(schema, document, operation, maxFields)
  expect(await compiled?.execute({}, {})).toMatchObject({ data: null, errors: [{ path: ['list', 1] }] })
  await setImmediate()
  process.off('unhandledRejection', rejected)
  expect(rejected).not.toHaveBeenCalled()
})
