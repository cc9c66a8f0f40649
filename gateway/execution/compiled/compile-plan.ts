import type { PlanNode } from '@apollo/query-planner'
import { type DocumentNode, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql'
import type { SubgraphAnswer } from '../../subgraphs/answer.ts'
import type { ExecutionContext } from '../../subgraphs/call.ts'
import { complete, createIntrospect } from './complete.ts'
import { conditionsIn, createIsIncluded, createIsTrue } from './conditions.ts'
import type { FetchParts } from './fetch.ts'
import { bytesOfCode, generateJsonWriter, Irregular, type WriteJson } from './json-writer.ts'
import type { Place, PlanRun } from './run.ts'
import { type ObjectShape, shapeOfOperation } from './shape.ts'
import { compileStep } from './steps.ts'

/** A plan as code. */
export type CompiledPlan = {
  /** Fetches what the plan says, and gives `data` as JSON text, and every error that was found. */
  readonly run: (
    inputs: RunInputs,
  ) => Promise<{ readonly data: string; readonly errors: readonly GraphQLError[] }>
  /** What it takes to remember the code, about. */
  readonly bytes: () => number
}

/** What differs from run to run: the values of the variables, for whom it runs, and the event that it completes. */
export type RunInputs = {
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: ExecutionContext
  readonly event?: SubgraphAnswer | undefined
}

/** The answer's shape for one choice of what `@skip` and `@include` leave, and the code that writes it. */
type Variant = { readonly shape: ObjectShape; readonly write: WriteJson | undefined }

const maxVariants = 16

/** Compiles a plan, and the answer to the operation of a document on the API's schema. */
export const compilePlan = (
  node: PlanNode | undefined,
  { document, operation }: { readonly document: DocumentNode; readonly operation: OperationDefinitionNode },
  { apiSchema, ...parts }: FetchParts & { readonly apiSchema: GraphQLSchema },
): CompiledPlan => {
  const isTrue = createIsTrue(operation.variableDefinitions)
  const step = node && compileStep(node, { ...parts, isTrue })
  const conditions = conditionsIn(document)
  const variants = new Map<string, Variant>()

  const variantFor = (variables: RunInputs['variables']): Variant => {
    const key = conditions.map(variable => (isTrue(variable, variables) ? '1' : '0')).join('')
    const known = variants.get(key)
    if (known !== undefined) return known
    const isIncluded = createIsIncluded(variable => isTrue(variable, variables))
    const shape = shapeOfOperation(apiSchema, document, operation, isIncluded)
    if (variants.size === maxVariants) return { shape, write: undefined }
    const variant = { shape, write: generateJsonWriter(apiSchema, shape) }
    variants.set(key, variant)
    return variant
  }

  return {
    run: async ({ variables, context, event }) => {
      const variant = variantFor(variables)
      const errors = event?.errors?.map(toError) ?? []
      const run: PlanRun = { data: event?.data ?? {}, variables, context, errors }
      await step?.(run)
      return { data: finish(variant, run), errors }
    },
    bytes: () => [...variants.values()].reduce((sum, { write }) => sum + bytesOfCode(write), 0),
  }

  function finish({ shape, write }: Variant, { data, variables, errors }: PlanRun): string {
    if (write !== undefined) {
      try {
        const text = write(data)
        // n.b. a text that is still in pieces makes garbage collection ten times slower
        Buffer.byteLength(text)
        return text
      } catch (error) {
        if (!(error instanceof Irregular)) throw error
      }
    }
    const introspect = createIntrospect(apiSchema, operation, variables)
    const { data: completed, errors: faults } = complete(apiSchema, shape, data, introspect)
    errors.push(...faults.filter(({ path = [] }) => !isExplained(path, errors)))
    return JSON.stringify(completed)
  }
}

const toError = ({
  message,
  path,
  extensions,
}: NonNullable<SubgraphAnswer['errors']>[number]): GraphQLError =>
  new GraphQLError(message, { path, extensions })

/** Whether an error tells already why there is nothing at a place: one about it, about what is around it, or about all. */
const isExplained = (place: Place, errors: readonly GraphQLError[]): boolean =>
  errors.some(({ path = [] }) => {
    const length = Math.min(path.length, place.length)
    return path.slice(0, length).every((key, index) => key === place[index])
  })
