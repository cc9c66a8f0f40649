import { errorWithoutStack } from '@supergraph/runtime/errors.ts'
import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import { type GraphQLFormattedError, type GraphQLSchema, isInterfaceType } from 'graphql'
import type { SubgraphAnswer } from '../../subgraphs/answer.ts'
import { merge } from './merge.ts'
import type { Requested } from './requested.ts'
import type { Rewrite, RewritePath } from './rewrites.ts'
import { type PlanPath, type PlanRun, tellError } from './run.ts'

/** A list of entities in an answer, and what was asked for. */
export type EntityList = {
  readonly service: string
  readonly responseKey: string
  /** The path at which the entities are fetched. */
  readonly path: PlanPath
  readonly requested: Requested
  readonly rewrite: Rewrite | undefined
  /** The keys on a path inside an entity, as they are after the rewrite. */
  readonly keysOf: RewritePath
  readonly isInterface: (type: unknown) => boolean
}

/** Merges the entities of an answer into the objects that they complete, and takes the errors to the entities' places. */
export const takeAnswer = (answer: SubgraphAnswer, lists: readonly EntityList[], run: PlanRun): void => {
  for (const error of answer.errors ?? []) takeError(error, lists, run)
  for (const list of lists) takeEntities(answer, list, run)
}

/** Takes an error to all the places of the entity that it is about. */
const takeError = (error: GraphQLFormattedError, lists: readonly EntityList[], run: PlanRun): void => {
  const [key, index, ...inside] = error.path ?? []
  const list = lists.find(({ responseKey }) => responseKey === key)
  if (list !== undefined && typeof index === 'number') {
    for (const place of list.requested.placesOf(index))
      tellError(run, error, [...place, ...list.keysOf(inside)], list.path)
    return
  }
  const [first, ...others] = list === undefined ? lists : [list]
  for (const { path } of others) run.withoutPlace.push(path)
  tellError(run, error, undefined, first?.path ?? [])
}

const takeEntities = (
  { data, bytes = 0 }: SubgraphAnswer,
  { service, responseKey, path, requested, rewrite, isInterface }: EntityList,
  run: PlanRun,
): void => {
  if (data === null) return
  const { targets, count } = requested
  const { [responseKey]: entities } = data
  if (!Array.isArray(entities) || entities.length !== targets.length) {
    const message = `${service} answered with other entities than it was asked for.`
    const extensions = { code: 'INVALID_ANSWER', service }
    tellError(run, errorWithoutStack(message, { extensions }), undefined, path)
    return
  }
  takeRoom(run, { bytes, count, different: targets.length })
  rewrite?.(entities)
  for (let index = 0; index < entities.length; index += 1) {
    const entity: unknown = entities[index]
    if (!isJsonObject(entity)) run.unknown.push({ service, places: requested.placesOf(index) })
    else {
      // n.b. a subgraph that knows entities by an interface object gives the interface's name as their type
      if (isInterface(entity.__typename)) delete entity.__typename
      for (const target of targets[index] ?? []) merge(target, entity)
    }
  }
}

/** Takes the room of an answer's entities that are in several places: an entity is written as often. */
export const takeRoom = (
  { context }: Pick<PlanRun, 'context'>,
  { bytes, count, different }: { readonly bytes: number; readonly count: number; readonly different: number },
): void => {
  if (count > different) context.room.take(Math.ceil(bytes * (count / different - 1)))
}

const interfaces = new WeakMap<GraphQLSchema, ReadonlySet<unknown>>()

/** Tells whether a type is an interface of a schema, by its name. */
export const createIsInterface = (schema: GraphQLSchema): EntityList['isInterface'] => {
  const names = interfaces.get(schema) ?? interfaceNamesIn(schema)
  interfaces.set(schema, names)
  return type => names.has(type)
}

const interfaceNamesIn = (schema: GraphQLSchema): ReadonlySet<unknown> =>
  new Set(
    Object.values(schema.getTypeMap())
      .filter(isInterfaceType)
      .map(({ name }) => name),
  )
