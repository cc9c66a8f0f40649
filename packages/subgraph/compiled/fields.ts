import { type JsonObject, setOwn } from '@supergraph/runtime/json-object.ts'
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  isNonNullType,
  locatedError,
  type OperationDefinitionNode,
  type ResponsePath,
  responsePathAsArray,
} from 'graphql'
import { bytesOfScalar, jsonBytes } from '../json-values.ts'
import type { CollectedErrors } from './collected-errors.ts'

/** One execution of an operation. */
export type Run = {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: Record<string, FragmentDefinitionNode>
  readonly contextValue: unknown
  readonly variableValues: Record<string, unknown>
  readonly errors: CollectedErrors
  readonly size: Size
}

/** How long the JSON text of what was completed is, about, and whether all of it is as it would come out of JSON. */
export type Size = { bytes: number; isJson: boolean }

/** Brings a value into the form that the answer has; gives a promise if something in it must be waited for. */
export type Complete = (run: Run, value: unknown, place: ResponsePath) => unknown

/** A field that an operation selects of an object. */
export type SelectedField = {
  readonly responseName: string
  readonly parentType: GraphQLObjectType
  readonly definition: GraphQLField<unknown, unknown>
  readonly nodes: readonly FieldNode[]
}

/** A field that is compiled. */
export type Field = SelectedField & { readonly complete: Complete }

// n.b. Promises are made exactly where graphql's `execute` makes them, so that what waits goes on in the same order.

/** Executes all fields of an object at once. */
export const executeFields = (
  run: Run,
  fields: readonly Field[],
  source: unknown,
  place: ResponsePath | undefined,
): JsonObject | Promise<JsonObject> => {
  const data: JsonObject = {}
  let isWaiting = false
  run.size.bytes += jsonBytes.brackets
  try {
    for (const field of fields) {
      const value = executeField(run, field, source, place)
      setOwn(data, field.responseName, value)
      if (isPromise(value)) isWaiting = true
    }
  } catch (error) {
    if (!isWaiting) throw error
    return settle(data).finally(() => {
      throw error
    })
  }
  return isWaiting ? settle(data) : data
}

/** Executes the fields of the root one after the other. */
export const executeFieldsSerially = (
  run: Run,
  fields: readonly Field[],
): JsonObject | Promise<JsonObject> => {
  const data: JsonObject = {}
  run.size.bytes += jsonBytes.brackets
  const take = ({ responseName }: Field, value: unknown): JsonObject => {
    setOwn(data, responseName, value)
    return data
  }
  const add = (field: Field): JsonObject | Promise<JsonObject> => {
    const value = executeField(run, field, undefined, undefined)
    return isPromise(value) ? value.then(settled => take(field, settled)) : take(field, value)
  }
  let done: JsonObject | Promise<JsonObject> = data
  for (const field of fields) done = isPromise(done) ? done.then(() => add(field)) : add(field)
  return done
}

/** Waits for what an object has. */
const settle = (data: JsonObject): Promise<JsonObject> =>
  Promise.all(Object.values(data)).then(values => {
    for (const [index, key] of Object.keys(data).entries()) setOwn(data, key, values[index])
    return data
  })

const executeField = (run: Run, field: Field, source: unknown, parent: ResponsePath | undefined): unknown => {
  const { definition, nodes, complete, responseName } = field
  const place = { prev: parent, key: responseName, typename: field.parentType.name }
  run.size.bytes += responseName.length + jsonBytes.besideKey
  try {
    const value = resolveField(run, field, source, place)
    const completed = isPromise(value)
      ? value.then(settled => complete(run, settled, place))
      : complete(run, value, place)
    if (!isPromise(completed)) return completed
    return completed.then(undefined, (error: unknown) => nullFor(run, definition.type, nodes, place, error))
  } catch (error) {
    return nullFor(run, definition.type, nodes, place, error)
  }
}

const resolveField = (run: Run, field: Field, source: unknown, place: ResponsePath): unknown => {
  const { definition, nodes } = field
  const { resolve, name } = definition
  const [node] = nodes
  const args =
    definition.args.length === 0 || node === undefined
      ? {}
      : getArgumentValues(definition, node, run.variableValues)
  if (resolve !== undefined) return resolve(source, args, run.contextValue, infoOf(run, field, place))
  if (!hasProperties(source)) return undefined
  const property = source[name]
  if (typeof property !== 'function') return property
  return Reflect.apply(property, source, [args, run.contextValue, infoOf(run, field, place)])
}

/** What a resolver is told of the field that it resolves. */
export const infoOf = (
  { schema, fragments, operation, variableValues }: Run,
  { definition, nodes, parentType }: SelectedField,
  path: ResponsePath,
): GraphQLResolveInfo => ({
  fieldName: definition.name,
  fieldNodes: nodes,
  returnType: definition.type,
  parentType,
  path,
  schema,
  fragments,
  rootValue: undefined,
  operation,
  variableValues,
})

/** What stands at a place that failed: null, or else the failure of what is around it. */
export const nullFor = (
  run: Run,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  place: ResponsePath,
  cause: unknown,
): null => {
  const error = locatedError(cause, nodes, responsePathAsArray(place))
  if (isNonNullType(type)) throw error
  run.errors.add(error, place)
  return null
}

/** Counts a list of so many items. */
export const countList = ({ size }: Run, length: number): void => {
  size.bytes += jsonBytes.brackets + length * jsonBytes.comma
}

/** Counts null, or a value of a scalar or an enum, and returns it. */
export const countLeaf = <T>({ size }: Run, value: T): T => {
  const bytes = bytesOfScalar(value)
  if (bytes === undefined) size.isJson = false
  else size.bytes += bytes
  return value
}

export const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  hasProperties(value) && typeof value.then === 'function'

const hasProperties = (value: unknown): value is Readonly<Record<string, unknown>> =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'
