import { type ExecutionResult, type GraphQLError, getVariableValues } from 'graphql'
import { type Authority, createAuthorityOf } from '../authorization/authority.ts'
import { withNulls } from '../authorization/nulls.ts'
import { refusalErrors, type UnauthorizedOperations } from '../authorization/refusals.ts'
import type { ClientOperation } from '../authorization/selections.ts'
import type { OperationChecks } from '../limits/operations.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import { createPlanner, type OperationPlan } from './plan.ts'
import { createRunPlan, type Run, type RunParts } from './run-plan.ts'

/** An operation that is planned for an authority and checked with its variables: it can be executed any number of times. */
export type PreparedOperation = Extract<ReturnType<Execution['prepare']>, { readonly kind: 'prepared' }>

/** What plans, checks and executes operations. */
export type Execution = ReturnType<typeof createExecution>

/** Executes operations: what the viewer may have of each, or, with `reject`, only those that the viewer may have all of. */
export const createExecution = (
  parts: RunParts & {
    readonly unauthorizedOperations: UnauthorizedOperations
    readonly checks: OperationChecks
  },
) => {
  const { supergraph, unauthorizedOperations, checks } = parts
  const planFor = createPlanner(supergraph)
  const runPlan = createRunPlan(parts)

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
    /**
     * Checks a valid operation and its variables and plans it, or says why it is not to be executed at all; throws
     * OPERATION_TOO_LARGE before it plans an operation that costs too much.
     */
    prepare: (operation: ClientOperation, variables: Run['variables'], authority: Authority) => {
      checks.checkVariables(variables)
      const definitions = operation.operation.variableDefinitions ?? []
      const { coerced, errors = [] } = getVariableValues(supergraph.schema, definitions, variables)
      if (coerced !== undefined) checks.checkCost(operation, coerced)
      const plan = planFor(operation, authority)
      const refused = refusalErrors(plan.restriction?.refusals ?? [], coerced ?? {})
      // n.b. a subscription of which nothing is left is refused, whatever its variables are
      const isEmpty = operation.operation.operation === 'subscription' && plan.events === undefined
      if (coerced === undefined && !isEmpty) return { kind: 'bad variables' as const, errors }
      if (refused.length > 0 && (isEmpty || unauthorizedOperations === 'reject'))
        return { kind: 'refused' as const, errors: refused }
      return {
        kind: 'prepared' as const,
        plan,
        /** Executes a query or mutation, or completes an event of a subscription. */
        execute: (context: OperationContext, event?: SubgraphAnswer): Promise<ExecutionResult> =>
          execute(plan, refused, { operation, variables, context, event }),
      }
    },
  }
}
