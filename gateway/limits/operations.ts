import type { GraphQLSchema } from 'graphql'
import type { Values } from './amount.ts'
import { type Costly, createCostOf } from './cost.ts'
import { isNestedTooDeep, maxNesting } from './nesting.ts'
import { tooLarge } from './refusal.ts'
import type { Weights } from './weights.ts'

/** Checks operations before they are planned. */
export type OperationChecks = ReturnType<typeof createOperationChecks>

/** Checks operations with the values of their variables, and throws OPERATION_TOO_LARGE. */
export const createOperationChecks = (
  { schema, weights }: { readonly schema: GraphQLSchema; readonly weights: Weights },
  maxCost: number,
) => {
  const costOf = createCostOf(schema, weights)
  return {
    /** The most that an operation may cost. */
    maxCost,
    /** Refuses variables, as they came, that are nested too deep. */
    checkVariables: (variables: Values): void => {
      if (isNestedTooDeep(variables)) throw tooLarge('nesting', { allowed: maxNesting })
    },
    /** What a valid operation costs with these coerced values of its variables, if that is not too much. */
    checkCost: (operation: Costly, variables: Values): number => {
      const found = costOf(operation, variables)
      if (found > maxCost) throw tooLarge('cost', { allowed: maxCost, found })
      return found
    },
  }
}
