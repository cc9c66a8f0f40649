import { errorWithoutStack } from '@supergraph/runtime/errors.ts'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { TakeData } from '../../subgraphs/answer.ts'
import type { ExecutionContext } from '../../subgraphs/call.ts'

/** An object of an answer. */
export type Entity = Record<string, unknown>

/** Where something is in an answer. */
export type Place = readonly (string | number)[]

/** A path as query plans have it: response keys, and `@` for each element of a list. */
export type PlanPath = readonly string[]

/** One run of a compiled plan: what came so far, which the steps merge into one object, and what went wrong. */
export type PlanRun = {
  readonly data: Entity
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: ExecutionContext
  /** Takes what a plan of one fetch gives to the client as it comes. */
  readonly takeData?: TakeData | undefined
  /** The JSON text of `data`, if it came as it goes to the client. */
  text?: string | undefined
  readonly errors: GraphQLError[]
  /** The paths of the fetches of which an error says not what in them failed. */
  readonly withoutPlace: PlanPath[]
  /** Entities that a subgraph was asked for and does not know. */
  readonly unknown: UnknownEntity[]
}

/** An entity of which a subgraph says that there is none. */
export type UnknownEntity = { readonly service: string; readonly places: readonly Place[] }

/** One step of a compiled plan; undefined if it has nothing to wait for. */
export type Step = (run: PlanRun) => Promise<void> | undefined

/** Adds an error about a place of the answer, or, if it names none, about what a fetch at a path was to bring. */
export const tellError = (
  run: Pick<PlanRun, 'errors' | 'withoutPlace'>,
  error: GraphQLFormattedError | GraphQLError,
  place: Place | undefined,
  fetchedAt: PlanPath,
): void => {
  if (place === undefined || place.length === 0) run.withoutPlace.push(fetchedAt)
  if (error instanceof GraphQLError) run.errors.push(error)
  else run.errors.push(errorWithoutStack(error.message, { path: place, extensions: error.extensions }))
}
