import type { PlanNode } from '@apollo/query-planner'
import { type DocumentNode, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql'
import type { SubgraphAnswer } from '../../subgraphs/answer.ts'
import type { ExecutionContext } from '../../subgraphs/call.ts'
import { complete, createIntrospect } from './complete.ts'
import { conditionsIn, createIsIncluded, createIsTrue } from './conditions.ts'
import type { FetchParts } from './fetch.ts'
import { generateJsonWriter, Irregular, type WriteJson } from './json-writer.ts'
import type { Place, PlanRun } from './run.ts'
import { type ObjectShape, shapeOfOperation } from './shape.ts'
import { compileStep } from './steps.ts'

/** A plan as code. */
export type CompiledPlan = {
  /**
   * Makes it ready to run with these values of its variables; throws BAD_USER_INPUT if one by which `@skip` or `@include`
   * decides is null.
   */
  readonly ready: (variables: PlanRun['variables']) => RunPlan
  /** How many writers of answers it keeps at most. */
  readonly maxWriters: number
}

/**
 * Fetches what the plan says for somebody, completing an event if there is one, and gives `data` as JSON text, and every
 * error that was found.
 */
export type RunPlan = (
  context: ExecutionContext,
  event: SubgraphAnswer | undefined,
) => Promise<{ readonly data: string; readonly errors: readonly GraphQLError[] }>

/** The answer's shape for one choice of what `@skip` and `@include` leave, and the code that writes it. */
type Variant = { readonly shape: ObjectShape; readonly write: WriteJson | undefined }

const maxVariants = 4

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

  const variantFor = (variables: PlanRun['variables']): Variant => {
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
    ready: variables => {
      const variant = variantFor(variables)
      return async (context, event) => {
        const errors = event?.errors?.map(toError) ?? []
        const run: PlanRun = { data: event?.data ?? {}, variables, context, errors }
        await step?.(run)
        return { data: finish(variant, run), errors }
      }
    },
    maxWriters: Math.min(2 ** conditions.length, maxVariants),
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
    const isExplained = createIsExplained(errors)
    errors.push(...faults.filter(({ path = [] }) => !isExplained(path)))
    return JSON.stringify(completed)
  }
}

const toError = ({
  message,
  path,
  extensions,
}: NonNullable<SubgraphAnswer['errors']>[number]): GraphQLError =>
  new GraphQLError(message, { path, extensions })

/** Tells whether an error says already why there is nothing at a place: one about it, about what is around it, or about all. */
const createIsExplained = (errors: readonly GraphQLError[]): ((place: Place) => boolean) => {
  const isAbout = new Set(errors.map(({ path = [] }) => textOf(path)))
  const isInside = new Set(
    errors.flatMap(({ path = [] }) => path.map((_, end) => textOf(path.slice(0, end)))),
  )
  return place =>
    isInside.has(textOf(place)) ||
    isAbout.has(textOf([])) ||
    place.some((_, end) => isAbout.has(textOf(place.slice(0, end + 1))))
}

const textOf = (place: Place): string => JSON.stringify(place)
