import type { GraphQLError } from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'
import type { Cost } from '../limits/operations.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { Answer } from './answer.ts'
import type { RunPlan } from './compiled/compile-plan.ts'
import type { OperationPlan } from './make-plan.ts'

/** Executes what is prepared. */
export type Execute = (
  prepared: PreparedOperation,
  context: OperationContext,
  event: SubgraphAnswer | undefined,
) => Promise<Answer>

/**
 * An operation that is planned for an authority and checked with its variables: it can be executed any number of times.
 * n.b. a class, since a subscription keeps its own as long as it waits: measured, closures took 500 bytes more.
 */
export class PreparedOperation {
  readonly kind = 'prepared'
  readonly operation: ClientOperation
  readonly plan: OperationPlan
  /** The values of the plan's variables. */
  readonly values: Readonly<Record<string, unknown>>
  readonly run: RunPlan
  readonly cost: Cost
  /** What is not part of the answer, since its viewer may not have it. */
  readonly refused: readonly GraphQLError[]
  readonly #execute: Execute

  constructor(
    execute: Execute,
    {
      operation,
      plan,
      values,
      cost,
      refused,
    }: Pick<PreparedOperation, 'operation' | 'plan' | 'values' | 'cost' | 'refused'>,
  ) {
    this.#execute = execute
    this.operation = operation
    this.plan = plan
    this.values = values
    this.run = plan.compiled.ready(values)
    this.cost = cost
    this.refused = refused
  }

  /** Executes a query or mutation, or completes an event of a subscription. */
  execute(context: OperationContext, event?: SubgraphAnswer): Promise<Answer> {
    return this.#execute(this, context, event)
  }
}
