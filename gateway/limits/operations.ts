import { type GraphQLSchema, OperationTypeNode } from 'graphql'
import type { Values } from './amount.ts'
import { type Costly, createCostOf } from './cost.ts'
import { hasTooManyValues, isNestedTooDeep, maxNesting, maxValues } from './nesting.ts'
import { tooLarge } from './refusal.ts'
import type { Weights } from './weights.ts'

/** What an operation costs in all, and what of it is the gateway's work: all but the weights of its mutations. */
export type Cost = { readonly whole: number; readonly here: number }

/** Checks operations before they are planned. */
export type OperationChecks = ReturnType<typeof createOperationChecks>

/** Checks operations with the values of their variables, and throws OPERATION_TOO_LARGE. */
export const createOperationChecks = (
  { schema, weights }: { readonly schema: GraphQLSchema; readonly weights: Weights },
  { maxCost, maxFetches }: { readonly maxCost: number; readonly maxFetches: number },
) => {
  const costOf = createCostOf(schema, weights)
  const ofMutations = `${schema.getMutationType()?.name}.`
  const hereOf = createCostOf(schema, {
    ...weights,
    costs: new Map([...weights.costs].filter(([coordinate]) => !coordinate.startsWith(ofMutations))),
  })
  let last: Cost = { whole: 0, here: 0 }
  return {
    /** The most that an operation may cost. */
    maxCost,
    /** Refuses variables, as they came, that are nested too deep or too many. */
    checkVariables: (variables: Values): void => {
      if (isNestedTooDeep(variables)) throw tooLarge('nesting', { allowed: maxNesting })
      if (hasTooManyValues(variables)) throw tooLarge('values', { allowed: maxValues })
    },
    /** Refuses a plan that takes too many requests to subgraphs. */
    checkFetches: (found: number): void => {
      if (found > maxFetches) throw tooLarge('fetches', { allowed: maxFetches, found })
    },
    /** What a valid operation costs with these coerced values of its variables, if that is not too much. */
    checkCost: (operation: Costly, variables: Values): Cost => {
      const whole = costOf(operation, variables)
      if (whole > maxCost) throw tooLarge('cost', { allowed: maxCost, found: whole })
      const isMutation = operation.operation.operation === OperationTypeNode.MUTATION
      const here = isMutation ? hereOf(operation, variables) : whole
      // n.b. a subscription keeps what it costs as long as it waits, and most of those that come together cost the same
      if (last.whole !== whole || last.here !== here) last = { whole, here }
      return last
    },
  }
}
