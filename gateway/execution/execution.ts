import { capErrors } from '@supergraph/runtime/answer-errors.ts'
import { type Failure, logFailures } from '@supergraph/runtime/failure-log.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { steadyNowMs } from '@supergraph/runtime/steady-clock.ts'
import { inSpan } from '@supergraph/telemetry/spans.ts'
import type { GraphQLError, VariableDefinitionNode } from 'graphql'
import { type Authority, createAuthorityOf } from '../authorization/authority.ts'
import { withNulls } from '../authorization/nulls.ts'
import { refusalErrors, type UnauthorizedOperations } from '../authorization/refusals.ts'
import type { ClientOperation } from '../authorization/selections.ts'
import { hideFailures } from '../errors.ts'
import type { Cost, OperationChecks } from '../limits/operations.ts'
import { createLoads, type Loads } from '../overload/loads.ts'
import { createPriorityOf } from '../overload/priorities.ts'
import { type Asks, asksNothing, createShedding } from '../overload/shedding.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import { createAnswerRoom } from '../subgraphs/answer-room.ts'
import type { OperationClient, OperationContext } from '../subgraphs/call.ts'
import { CallWaits } from '../subgraphs/call-waits.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import type { Answer } from './answer.ts'
import type { BackgroundPlanner } from './background-planner.ts'
import type { ClientQueue } from './client-queue.ts'
import type { FetchParts } from './compiled/fetch.ts'
import { createCostTurns } from './cost-turns.ts'
import { planSpan, tellEventPlan, tellPlan } from './operation-span.ts'
import { createOverrideChoices, type Drawer, type OverrideShares } from './override-choices.ts'
import { createPlanner } from './plan.ts'
import { type Execute, PreparedOperation } from './prepared-operation.ts'
import { createCoerceVariables } from './variables.ts'

type Values = Readonly<Record<string, unknown>>

const noErrors: readonly GraphQLError[] = []
const noDefinitions: readonly VariableDefinitionNode[] = []
const noShares: OverrideShares = new Map()
const nothing: Cost = { whole: 0, here: 0 }

/** For how many seconds an answer may be kept with values that expire at these times. */
const leftOf = (maxAge: number, expiries: readonly number[]): number => {
  if (maxAge === 0 || expiries.length === 0) return maxAge
  const nowMs = steadyNowMs()
  let leftMs = maxAge * 1_000
  for (const expiresAtMs of expiries) leftMs = Math.min(leftMs, expiresAtMs - nowMs)
  return Math.max(0, Math.floor(leftMs / 1_000))
}

/** What plans, checks and executes operations. */
export type Execution = ReturnType<typeof createExecution>

/** Executes operations: what the viewer may have of each, or, with `reject`, only those that the viewer may have all of. */
export const createExecution = (parts: {
  readonly supergraph: LoadedSupergraph
  readonly clients: FetchParts['clients']
  readonly logger: Logger
  readonly unauthorizedOperations: UnauthorizedOperations
  readonly checks: OperationChecks
  readonly queue: Pick<ClientQueue, 'run'>
  readonly background?: Pick<BackgroundPlanner, 'plan'>
  readonly overrideShares?: OverrideShares
  /** How many bytes the subgraphs may answer to one operation. */
  readonly maxAnswerBytes: number
  /** How much may be under way; without it, as much as comes. */
  readonly loads?: Loads
}) => {
  const { supergraph, clients, unauthorizedOperations, checks, maxAnswerBytes, logger } = parts
  const { overrideShares = noShares, queue, background, loads = createLoads() } = parts
  const overrideChoicesOf = createOverrideChoices(supergraph.overrideLabelsOf, overrideShares)
  const planFor = createPlanner(supergraph, clients, queue, background, overrideChoicesOf)
  const turns = createCostTurns(checks.maxCost)
  const shedding = createShedding(loads)
  const priorityOf = createPriorityOf(supergraph.shedMarks)
  /** n.b. it is the same for nearly all who ask the same, and not worth a plan to refuse them */
  const lastAsks = new WeakMap<ClientOperation, Asks>()
  const coerceVariables = createCoerceVariables(supergraph.schema)

  const run = async (
    { plan: { restriction, maxAge }, values, run: runPlan, refused }: PreparedOperation,
    {
      context,
      event,
      busy,
    }: {
      readonly context: OperationContext
      readonly event: SubgraphAnswer | undefined
      readonly busy: readonly string[]
    },
  ): Promise<Answer> => {
    const failures: Failure[] = []
    const expiries: number[] = []
    const room = createAnswerRoom(maxAnswerBytes)
    const waits = new CallWaits()
    try {
      const { data, errors } = await runPlan(
        values,
        { ...context, room, failures, expiries, waits, busy },
        event,
      )
      const hasErrors = refused.length + errors.length > 0
      return {
        data: restriction === undefined ? data : withNulls(data, restriction.nulls),
        errors: hasErrors ? capErrors([...refused, ...hideFailures(logger, errors)]) : noErrors,
        maxAge: hasErrors ? 0 : leftOf(maxAge, expiries),
        waitedMs: waits.waitedMs,
      }
    } finally {
      if (failures.length > 0) logFailures(failures, line => logger.warn(line, 'a subgraph does not answer'))
    }
  }

  const execute: Execute = (prepared, context, event) => {
    const { operation, plan, cost } = prepared
    if (event !== undefined) {
      tellEventPlan(plan)
      return turns.run(cost, context, () => run(prepared, { context, event, busy: [] }))
    }
    const priority = priorityOf(operation, cost.whole)
    // n.b. nobody hears for how long mutations wait: they would keep a limit filled that is found from reads
    const asks = operation.operation.operation === 'mutation' ? asksNothing : plan
    lastAsks.set(operation, asks)
    // n.b. what is refused is refused before it waits for its turn, and it is counted when it has it
    if (turns.mayWait(cost)) shedding.check(asks, priority)
    return turns.run(cost, context, async () => {
      const { busy, leave } = shedding.begin(asks, priority)
      try {
        return await run(prepared, { context, event, busy })
      } finally {
        leave()
      }
    })
  }

  return {
    /** Throws SERVICE_UNAVAILABLE if an operation would be refused whatever it costs, and asks what it asked last. */
    checkEarly: (operation: ClientOperation): void =>
      shedding.check(lastAsks.get(operation) ?? asksNothing, priorityOf(operation, 0)),
    authorityOf: createAuthorityOf(supergraph.requirements),
    planStatistics: planFor.statistics,
    overrideChoicesOf,
    /**
     * Checks a valid operation and its variables and plans it, or says why it is not to be executed at all; throws
     * OPERATION_TOO_LARGE before it plans an operation that costs too much, and for one that takes too many requests.
     * Fields with a label of `@override` come from where the draw says, which is the viewer's unless it is given.
     */
    prepare: async (
      operation: ClientOperation,
      variables: Values,
      { authority, viewer, draw, ...client }: OperationClient & Drawer & { readonly authority: Authority },
    ) => {
      checks.checkVariables(variables)
      const definitions = operation.operation.variableDefinitions ?? noDefinitions
      const { coerced, errors = [] } = coerceVariables(definitions, variables)
      const cost = coerced === undefined ? nothing : checks.checkCost(operation, coerced)
      const found = planFor(operation, authority, client, { viewer, draw })
      const isCached = !(found instanceof Promise)
      const { plan, valuesOf } = isCached ? found : await inSpan(planSpan, () => found)
      tellPlan(plan, isCached)
      checks.checkFetches(plan.fetches)
      const values = valuesOf(variables)
      const refused =
        plan.restriction === undefined
          ? noErrors
          : refusalErrors(plan.restriction.refusals, valuesOf(coerced ?? {}), viewer)
      // n.b. a subscription of which nothing is left is refused, whatever its variables are
      const isEmpty = operation.operation.operation === 'subscription' && plan.events === undefined
      if (coerced === undefined && !isEmpty) return { kind: 'bad variables' as const, errors }
      if (refused.length > 0 && (isEmpty || unauthorizedOperations === 'reject'))
        return { kind: 'refused' as const, errors: refused }
      return new PreparedOperation(execute, { operation, plan, values, cost, refused })
    },
  }
}
