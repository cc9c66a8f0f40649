import type { GraphQLError } from 'graphql'
import type { ExecutionContext } from '../../subgraphs/call.ts'

/** An object of an answer. */
export type Entity = Record<string, unknown>

/** Where something is in an answer. */
export type Place = readonly (string | number)[]

/** One run of a compiled plan: what came so far, which the steps merge into one object, and what went wrong. */
export type PlanRun = {
  readonly data: Entity
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: ExecutionContext
  readonly errors: GraphQLError[]
}

/** One step of a compiled plan; undefined if it has nothing to wait for. */
export type Step = (run: PlanRun) => Promise<void> | undefined

export const isEntity = (value: unknown): value is Entity =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
