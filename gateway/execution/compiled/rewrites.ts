import type { FetchDataRewrite } from '@apollo/query-planner'
import { isJsonObject, setOwn } from '@supergraph/runtime/json-object.ts'
import type { GraphQLSchema } from 'graphql'

import type { Entity, Place } from './run.ts'
import { createIsOfType, type IsOfType } from './type-conditions.ts'

/** Changes what goes to a subgraph, or came from it, in place. */
export type Rewrite = (value: unknown) => void

const fragment = '... on '

/** Compiles the rewrites of a query plan; undefined if there are none. */
export const compileRewrites = (
  schema: GraphQLSchema,
  rewrites: readonly FetchDataRewrite[] | undefined,
): Rewrite | undefined => {
  if (rewrites === undefined || rewrites.length === 0) return undefined
  const compiled = rewrites.map(rewrite => compileRewrite(schema, rewrite))
  return value => {
    for (const rewrite of compiled) rewrite(value)
  }
}

/** Gives a path in what came from a subgraph the keys that it has after the rewrites. */
export type RewritePath = (path: Place) => Place

/** Compiles what the rewrites of a query plan do to the paths of errors. n.b. the planner renames each key to one that is free. */
export const compilePathRewrites = (rewrites: readonly FetchDataRewrite[] = []): RewritePath => {
  const renamed = new Map(
    rewrites.flatMap(rewrite =>
      rewrite.kind === 'KeyRenamer' ? [[rewrite.path.at(-1) ?? '', rewrite.renameKeyTo]] : [],
    ),
  )
  return renamed.size === 0
    ? path => path
    : path => path.map(key => (typeof key === 'string' ? (renamed.get(key) ?? key) : key))
}

const compileRewrite = (schema: GraphQLSchema, rewrite: FetchDataRewrite): Rewrite => {
  const key = rewrite.path.at(-1) ?? ''
  const change = (entity: Entity): void => {
    if (rewrite.kind === 'ValueSetter') setOwn(entity, key, rewrite.setValueTo)
    else if (Object.hasOwn(entity, key)) {
      setOwn(entity, rewrite.renameKeyTo, entity[key])
      delete entity[key]
    }
  }
  return rewrite.path
    .slice(0, -1)
    .reduceRight<Rewrite>((next, step) => compileStep(schema, step, next), onEach(change))
}

const compileStep = (schema: GraphQLSchema, step: string, next: Rewrite): Rewrite => {
  if (!step.startsWith(fragment)) {
    return onEach(entity => {
      if (Object.hasOwn(entity, step)) next(entity[step])
    })
  }
  const isOfType: IsOfType = createIsOfType(schema, step.slice(fragment.length))
  // n.b. an object that does not tell its type counts as one of the type
  return onEach(entity => {
    if (entity.__typename === undefined || isOfType(entity)) next(entity)
  })
}

const onEach =
  (change: (entity: Entity) => void): Rewrite =>
  value => {
    if (Array.isArray(value)) for (const each of value) onEach(change)(each)
    else if (isJsonObject(value)) change(value)
  }
