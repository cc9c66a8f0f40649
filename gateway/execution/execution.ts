import type { GraphQLDataSource } from '@apollo/gateway'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { type ExecutionResult, type GraphQLError, getVariableValues } from 'graphql'
import { type Authority, createAuthorityOf } from '../authorization/authority.ts'
import { withNulls } from '../authorization/nulls.ts'
import { refusalErrors, type UnauthorizedOperations } from '../authorization/refusals.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { type ClientOperation, createPlanner, type OperationPlan } from './plan.ts'
import { createRunPlan, type Run } from './run-plan.ts'

/** An operation that is planned for an authority and checked with its variables: it can be executed any number of times. */
export type PreparedOperation = {
  readonly kind: 'prepared'
  readonly plan: OperationPlan
  /** Names what the authority may not have of the operation. */
  readonly refused: readonly GraphQLError[]
  /** Executes a query or mutation, or completes an event of a subscription. */
  readonly execute: (context: OperationContext, event?: SubgraphAnswer) => Promise<ExecutionResult>
}

/** Why an operation is not executed at all. */
export type NotPrepared = {
  readonly kind: 'not prepared'
  readonly reason: 'bad variables' | 'refused'
  readonly errors: readonly GraphQLError[]
}

export type Execution = {
  readonly authorityOf: (viewer: Viewer) => Authority
  /** Plans a valid operation, and checks its variables; throws BAD_REQUEST if the operation is too large. */
  readonly prepare: (
    operation: ClientOperation,
    variables: Run['variables'],
    authority: Authority,
  ) => PreparedOperation | NotPrepared
}

/** Executes operations: what the viewer may have of each, or, with `reject`, only those that the viewer may have all of. */
export const createExecution = ({
  supergraph,
  sources,
  unauthorizedOperations,
  logger,
}: {
  readonly supergraph: LoadedSupergraph
  readonly sources: ReadonlyMap<string, GraphQLDataSource>
  readonly unauthorizedOperations: UnauthorizedOperations
  readonly logger: Logger
}): Execution => {
  const planFor = createPlanner(supergraph)
  const runPlan = createRunPlan({ supergraph, sources, logger })

  const execute = async (plan: OperationPlan, refused: readonly GraphQLError[], run: Run) => {
    const { data, errors = [], ...rest } = await runPlan(plan, run)
    const all = [...refused, ...errors]
    return {
      ...rest,
      data: data == null || plan.restriction === undefined ? data : withNulls(data, plan.restriction.nulls),
      ...(all.length > 0 && { errors: all }),
    }
  }

  return {
    authorityOf: createAuthorityOf(supergraph.requirements),
    prepare: (operation, variables, authority) => {
      const plan = planFor(operation, authority)
      const definitions = operation.operation.variableDefinitions ?? []
      const { coerced, errors = [] } = getVariableValues(supergraph.schema, definitions, variables)
      if (coerced === undefined) return { kind: 'not prepared', reason: 'bad variables', errors }
      const refused = refusalErrors(plan.restriction?.refusals ?? [], coerced)
      if (unauthorizedOperations === 'reject' && refused.length > 0)
        return { kind: 'not prepared', reason: 'refused', errors: refused }
      return {
        kind: 'prepared',
        plan,
        refused,
        execute: (context, event) => execute(plan, refused, { operation, variables, context, event }),
      }
    },
  }
}
