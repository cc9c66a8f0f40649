import type { FetchNode, PlanNode } from '@apollo/query-planner'
import { type DocumentNode, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql'
import type { SubgraphAnswer, TakeData } from '../../subgraphs/answer.ts'
import type { ExecutionContext } from '../../subgraphs/call.ts'
import type { PlanKeys } from '../plan-keys.ts'
import { complete, createIntrospect } from './complete.ts'
import { conditionsIn, createIsIncluded, createIsTrue } from './conditions.ts'
import { faultErrors } from './faults.ts'
import type { FetchParts } from './fetch.ts'
import { generateJsonWriter, Irregular, type WriteJson } from './json-writer.ts'
import { tellMissing } from './missing.ts'
import { type PlanRun, type Step, tellError } from './run.ts'
import { type ObjectShape, shapeOfOperation } from './shape.ts'
import { compileSpliceable, findSpliceable } from './splice.ts'
import { compileStep } from './steps.ts'
import { compileVerbatim } from './verbatim.ts'

/** A plan as code. */
export type CompiledPlan = {
  /**
   * Gives what runs it with these values of its variables, or with others by which `@skip` and `@include` decide the same;
   * throws BAD_USER_INPUT if one of those that decide is null.
   */
  readonly ready: (variables: PlanRun['variables']) => RunPlan
  /** How many writers of answers it keeps at most. */
  readonly maxWriters: number
  /** How many regular expressions that recognize answers it keeps at most. */
  readonly maxPatterns: number
}

/**
 * Fetches what the plan says for somebody, with the values of its variables, completing an event if there is one, and gives
 * `data` as JSON text, and every error that was found.
 */
export type RunPlan = (
  variables: PlanRun['variables'],
  context: ExecutionContext,
  event: SubgraphAnswer | undefined,
) => Promise<{ readonly data: string; readonly errors: readonly GraphQLError[] }>

/** The answer's shape for one choice of what `@skip` and `@include` leave, and the code that writes it. */
type Variant = {
  readonly shape: ObjectShape
  readonly write: WriteJson | undefined
  readonly takeData?: TakeData | undefined
  /** What runs the plan, if not what reads all answers. */
  readonly step?: Step | undefined
}

/** What a plan is compiled for: an operation of a document on the API's schema, and the response keys by which it was planned. */
export type PlannedDocument = {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly keys: Pick<PlanKeys, 'of' | 'toClient' | 'areRenamed'>
}

const maxVariants = 4

/** Compiles a plan, and the answer to the operation. */
export const compilePlan = (
  node: PlanNode | undefined,
  { document, operation, keys }: PlannedDocument,
  { apiSchema, ...parts }: FetchParts & { readonly apiSchema: GraphQLSchema },
): CompiledPlan => {
  const isTrue = createIsTrue(operation.variableDefinitions)
  const spliceable = findSpliceable(node, parts.schema)
  const spliced = spliceable && compileSpliceable(spliceable, parts)
  const step = spliced?.step ?? (node && compileStep(node, { ...parts, isTrue }))
  const conditions = conditionsIn(document)
  const maxWriters = Math.min(2 ** conditions.length, maxVariants)
  const runs = new Map<string, RunPlan>()

  const variantOf = (variables: PlanRun['variables']): Variant => {
    const isIncluded = createIsIncluded(variable => isTrue(variable, variables))
    const shape = shapeOfOperation(apiSchema, document, operation, { isIncluded, sourceOf: keys.of })
    if (runs.size === maxVariants) return { shape, write: undefined }
    const unread = isOnlyFetch(node) ? { takeData: compileVerbatim(shape, node) } : spliced?.spliceFor(shape)
    return { shape, write: generateJsonWriter(apiSchema, shape), ...unread }
  }
  const runOf =
    (variant: Variant): RunPlan =>
    async (variables, context, event) => {
      const run: PlanRun = {
        data: event?.data ?? {},
        variables,
        context,
        takeData: event === undefined ? variant.takeData : undefined,
        errors: [],
        withoutPlace: [],
        unknown: [],
      }
      for (const error of event?.errors ?? []) tellError(run, error, error.path, [])
      await (event === undefined ? (variant.step ?? step) : step)?.(run)
      if (run.unknown.length > 0) tellMissing(run.unknown, keys.toClient)
      const errors = keys.areRenamed ? run.errors.map(toClient) : run.errors
      return { data: finish(variant, run, errors), errors }
    }
  const ready = (variables: PlanRun['variables']): RunPlan => {
    let choice = ''
    for (const variable of conditions) choice += isTrue(variable, variables) ? '1' : '0'
    const known = runs.get(choice)
    if (known !== undefined) return known
    const run = runOf(variantOf(variables))
    if (runs.size < maxVariants) runs.set(choice, run)
    return run
  }

  return {
    ready,
    maxWriters,
    maxPatterns:
      maxWriters * (isOnlyFetch(node) ? 1 : spliceable === undefined ? 0 : 1 + spliceable.entities.length),
  }

  function finish({ shape, write }: Variant, run: PlanRun, errors: GraphQLError[]): string {
    const { data, variables, text } = run
    if (text !== undefined) return text
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
    const introspect = createIntrospect(apiSchema, { document, operation }, variables)
    const { data: completed, faults } = complete(apiSchema, shape, data, introspect)
    if (faults.length > 0)
      for (const error of faultErrors(faults, run, errors, keys.toClient)) errors.push(error)
    return JSON.stringify(completed)
  }

  function toClient(error: GraphQLError): GraphQLError {
    const { message, path, extensions, originalError } = error
    return path === undefined
      ? error
      : new GraphQLError(message, { path: keys.toClient(path), extensions, originalError })
  }
}

const isOnlyFetch = (node: PlanNode | undefined): node is FetchNode =>
  node?.kind === 'Fetch' && node.requires === undefined && node.outputRewrites === undefined
