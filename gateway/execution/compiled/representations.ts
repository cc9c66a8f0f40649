import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import { type GraphQLSchema, Kind } from 'graphql'
import { textOf } from './json-writer.ts'
import { merge } from './merge.ts'
import { compileRewrites } from './rewrites.ts'
import type { Entity } from './run.ts'
import { createIsOfType } from './type-conditions.ts'

/** The JSON text by which a subgraph knows an entity; undefined if the entity has not all that it takes. */
export type Represent = ((entity: Entity) => string | undefined) & {
  /** What differs between entities with different texts, if that is less than the text. */
  readonly keyOf?: (entity: Entity) => unknown
}

/** What a selection takes of an object; undefined if the object has not all of it. */
type Take = (source: Entity) => Entity | undefined

/** Compiles what a fetch requires of the entities that it completes. */
export const compileRepresentations = (
  schema: GraphQLSchema,
  { requires = [], inputRewrites }: Pick<FetchNode, 'requires' | 'inputRewrites'>,
): Represent => {
  const keys = inputRewrites === undefined ? leavesOfOneType(schema, requires) : undefined
  if (keys !== undefined) return representByLeaves(keys)
  const take = compileSelections(schema, requires)
  const rewrite = compileRewrites(schema, inputRewrites)
  return entity => {
    const taken = take(entity)
    if (taken?.__typename === undefined) return undefined
    rewrite?.(taken)
    return JSON.stringify(taken)
  }
}

type LeavesOfOneType = { readonly type: string; readonly names: readonly string[] }

/** Whether all that is required are leaves of one object type, as nearly always. */
export const leavesOfOneType = (
  schema: GraphQLSchema,
  [fragment, ...others]: readonly QueryPlanSelectionNode[],
): LeavesOfOneType | undefined => {
  if (fragment?.kind !== Kind.INLINE_FRAGMENT || fragment.typeCondition === undefined || others.length > 0)
    return undefined
  const { typeCondition: type, selections } = fragment
  const names = selections.flatMap(each =>
    each.kind === Kind.FIELD && each.selections === undefined && each.alias === undefined ? each.name : [],
  )
  if (names.length < selections.length || !names.includes('__typename') || names.includes('__proto__'))
    return undefined
  const isObject = schema.getType(type)?.astNode?.kind === Kind.OBJECT_TYPE_DEFINITION
  return isObject ? { type, names: names.filter(name => name !== '__typename') } : undefined
}

const representByLeaves = ({ type, names }: LeavesOfOneType): Represent => {
  const head = `{"__typename":${JSON.stringify(type)}`
  const fields = names.map(name => ({ name, label: `,${JSON.stringify(name)}:` }))
  const represent = (entity: Entity) => {
    if (entity.__typename !== type) return undefined
    let text = head
    for (const { name, label } of fields) {
      const value = entity[name]
      if (value === undefined || typeof value === 'function') return undefined
      text += label + (typeof value === 'string' ? textOf(value) : JSON.stringify(value))
    }
    return `${text}}`
  }
  const [only, ...others] = names
  return only === undefined || others.length > 0
    ? represent
    : Object.assign(represent, { keyOf: ({ [only]: value }: Entity) => value })
}

const compileSelections = (schema: GraphQLSchema, selections: readonly QueryPlanSelectionNode[]): Take => {
  const parts = selections.map(selection => compileSelection(schema, selection))
  return source => {
    const taken: Entity = {}
    for (const part of parts) {
      const found = part(source)
      if (found === undefined) return undefined
      merge(taken, found)
    }
    return taken
  }
}

const compileSelection = (schema: GraphQLSchema, selection: QueryPlanSelectionNode): Take => {
  if (selection.kind === Kind.INLINE_FRAGMENT) {
    const { typeCondition, selections } = selection
    if (typeCondition === undefined) return () => ({})
    const isOfType = createIsOfType(schema, typeCondition)
    const take = compileSelections(schema, selections)
    // n.b. an object without all of it is left as another fragment finds it
    return source => (isOfType(source) ? (take(source) ?? {}) : {})
  }
  const key = selection.alias ?? selection.name
  const take = selection.selections && compileSelections(schema, selection.selections)
  const takeFrom = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(takeFrom)
    return take === undefined ? value : isJsonObject(value) ? (take(value) ?? null) : null
  }
  return source => {
    const value = Object.hasOwn(source, key) ? source[key] : undefined
    return value === undefined ? undefined : { [key]: takeFrom(value) }
  }
}
