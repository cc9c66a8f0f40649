import { operationFromDocument } from '@apollo/federation-internals'
import { buildOperationContext, executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { getOperationAST, parse } from 'graphql'
import type { Generated } from '../../../testbed/operations.ts'
import { createErrorFormatter, formatAny } from '../../errors.ts'
import { createClientQueue } from '../../execution/client-queue.ts'
import { createExecution } from '../../execution/execution.ts'
import { createOperationChecks } from '../../limits/operations.ts'
import { readAnswer } from '../../subgraphs/answer.ts'
import type { SubgraphRequest } from '../../subgraphs/call.ts'
import type { LoadedSupergraph } from '../../supergraph.ts'
import type { Mischief } from './mischief.ts'
import type { FabricatedSubgraphs } from './subgraphs.ts'

/** An answer, whoever gave it. */
export type Executed = {
  readonly data: unknown
  readonly errors: readonly ExecutedError[]
  /** What Apollo's executor says about values that are not of their type, in the extensions of its answer. */
  readonly hidden: readonly ExecutedError[]
  /** Whether the executor gave up: it threw, or its answer is nothing but an error of its own. */
  readonly failed: boolean
}

export type ExecutedError = {
  readonly message: string
  readonly path: readonly (string | number)[] | undefined
  readonly code: unknown
  readonly service: unknown
}

/** Executes an operation while these things go wrong in the subgraphs. */
export type Execute = (generated: Generated, mischief: Mischief) => Promise<Executed>

const unlimited = 1_000_000_000
const logger = createLogger('gateway', 'silent')

const operationOf = ({ query }: Generated) => {
  const document = parse(query)
  const operation = getOperationAST(document)
  if (operation == null) throw new Error('there is no operation')
  return { query, queryHash: query, document, operation, operationName: undefined }
}

const askOnce = (
  subgraphs: FabricatedSubgraphs,
  name: string,
  asked: object,
  mischief: Mischief,
  takeData?: SubgraphRequest['takeData'],
) => {
  const { query = '', variables = {} }: { query?: string; variables?: Record<string, unknown> } = asked
  const raw = subgraphs.ask(name, { query, variables: JSON.parse(JSON.stringify(variables)) }, mischief)
  return readAnswer(name, JSON.stringify(raw), takeData)
}

/** Executes as the gateway does. */
export const createOurs = (
  supergraph: LoadedSupergraph,
  subgraphs: FabricatedSubgraphs,
  viewer: Viewer,
): Execute => {
  let current: Mischief | undefined
  const clients = new Map(
    subgraphs.names.map(name => [
      name,
      {
        ask: async ({ document, variablesText, takeData }: SubgraphRequest) => {
          if (current === undefined) throw new Error('nothing is executed')
          const asked = { query: document.query, variables: JSON.parse(variablesText()) }
          return askOnce(subgraphs, name, asked, current, takeData)
        },
      },
    ]),
  )
  const execution = createExecution({
    queue: createClientQueue(),
    supergraph,
    clients,
    unauthorizedOperations: 'filter',
    checks: createOperationChecks(supergraph, { maxCost: unlimited, maxFetches: unlimited }),
    maxAnswerBytes: unlimited,
    logger,
  })
  const authority = execution.authorityOf(viewer)
  const format = createErrorFormatter(logger)
  return async (generated, mischief) => {
    current = mischief
    const prepared = await execution.prepare(operationOf(generated), generated.variables, { authority })
    if (prepared.kind !== 'prepared') throw new AggregateError(prepared.errors, prepared.kind)
    const { data, errors } = await prepared.execute({ viewer })
    return {
      data: JSON.parse(data),
      errors: errors.map(error => {
        const { message, path, extensions } = formatAny(format, error)
        return { message, path, code: extensions?.code, service: extensions?.service }
      }),
      hidden: [],
      failed: false,
    }
  }
}

/** Executes as Apollo's own gateway does; undefined if its planner fails. */
export const createApollos = (supergraph: LoadedSupergraph, subgraphs: FabricatedSubgraphs) => {
  const { schema, apiSchema, supergraphSchema, planner } = supergraph
  return (generated: Generated): ((mischief: Mischief) => Promise<Executed>) | undefined => {
    const { document } = operationOf(generated)
    const plan = attempt(() => planner.buildQueryPlan(operationFromDocument(apiSchema, document)))
    if (plan === undefined) return undefined
    return async mischief => {
      const services = subgraphs.names.map((name): [string, GraphQLDataSource] => [
        name,
        { process: async ({ request }) => askOnce(subgraphs, name, request, mischief) },
      ])
      const result = await executeQueryPlan(
        plan,
        Object.fromEntries(services),
        requestContextOf(supergraph, generated),
        buildOperationContext({ schema, operationDocument: document }),
        supergraphSchema,
        apiSchema,
      ).catch(() => undefined)
      if (result === undefined) return { data: null, errors: [], hidden: [], failed: true }
      const { data, errors = [], extensions } = result
      const hidden = hiddenIn(extensions).map(executedError)
      const executed = {
        data: JSON.parse(JSON.stringify(data ?? null)),
        errors: errors.map(executedError),
        hidden,
      }
      return { ...executed, failed: data === undefined }
    }
  }
}

// n.b. the planner asserts that it knows fields of an interface object which it does not know, for a few operations
const attempt = <T>(make: () => T): T | undefined => {
  try {
    return make()
  } catch {
    return undefined
  }
}

const executedError = (error: {
  readonly message: string
  readonly path?: readonly (string | number)[] | undefined
  readonly extensions?: Readonly<Record<string, unknown>>
}): ExecutedError => ({
  message: error.message,
  path: error.path,
  code: error.extensions?.code,
  service: error.extensions?.service,
})

const hiddenIn = (extensions: Readonly<Record<string, unknown>> = {}) =>
  Array.isArray(extensions.valueCompletion) ? extensions.valueCompletion : []

const requestContextOf = ({ schema }: LoadedSupergraph, { query, variables }: Generated) => ({
  request: { query, variables: { ...variables } },
  source: query,
  context: {},
  schema,
  schemaHash: '' as Parameters<typeof executeQueryPlan>[2]['schemaHash'],
  queryHash: query,
  cache: { get: async () => undefined, set: async () => undefined, delete: async () => true },
  document: parse(query),
  operationName: null,
  operation: operationOf({ query, variables }).operation,
  metrics: {},
  overallCachePolicy: undefined,
  logger,
})
