import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLList,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  type ResponsePath,
} from 'graphql'
import { inspect } from 'graphql/jsutils/inspect.js'
import {
  type Complete,
  countLeaf,
  countList,
  executeFields,
  type Field,
  infoOf,
  isPromise,
  nullFor,
  type SelectedField,
} from './fields.ts'
import { noPossibleType } from './runtime-types.ts'

/** A field whose values are completed, and what it selects of an object of each type. */
export type Selecting = {
  readonly schema: GraphQLSchema
  readonly field: SelectedField
  readonly fieldsOf: (type: GraphQLObjectType) => readonly Field[]
}

/** Makes what completes the values of a field, or the items of its lists, by their type. */
export const completeAs = (type: GraphQLOutputType, selecting: Selecting): Complete => {
  if (isNonNullType(type)) return completeNonNull(completeAs(type.ofType, selecting), selecting)
  if (isListType(type)) return completeList(type, selecting)
  if (isLeafType(type)) return completeLeaf(type)
  if (isAbstractType(type)) return completeAbstract(type, selecting)
  const fields = selecting.fieldsOf(type)
  return (run, value, place) =>
    isNothing(value) ? countLeaf(run, null) : executeFields(run, fields, value, place)
}

const isNothing = (value: unknown): value is null | undefined => {
  if (value instanceof Error) throw value
  return value == null
}

const completeNonNull = (complete: Complete, { field }: Selecting): Complete => {
  const message = `Cannot return null for non-nullable field ${nameOf(field)}.`
  return (run, value, place) => {
    const completed = complete(run, value, place)
    if (completed === null) throw new Error(message)
    return completed
  }
}

const completeLeaf =
  (type: GraphQLLeafType): Complete =>
  (run, value) => {
    if (isNothing(value)) return countLeaf(run, null)
    const serialized: unknown = type.serialize(value)
    if (serialized == null)
      throw new Error(
        `Expected \`${inspect(type)}.serialize(${inspect(value)})\` to return non-nullable value, returned: ${inspect(serialized)}`,
      )
    return countLeaf(run, serialized)
  }

const completeList = ({ ofType }: GraphQLList<GraphQLOutputType>, selecting: Selecting): Complete => {
  const complete = completeAs(ofType, selecting)
  const { field } = selecting

  const completeItem: Complete = (run, item, place) => {
    try {
      const completed = isPromise(item)
        ? item.then(settled => complete(run, settled, place))
        : complete(run, item, place)
      if (!isPromise(completed)) return completed
      return completed.then(undefined, (error: unknown) => nullFor(run, ofType, field.nodes, place, error))
    } catch (error) {
      return nullFor(run, ofType, field.nodes, place, error)
    }
  }

  return (run, value, place) => {
    if (isNothing(value)) return countLeaf(run, null)
    if (!isIterableObject(value))
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${nameOf(field)}".`)
    const items: unknown[] = []
    let isWaiting = false
    try {
      for (const item of value) {
        const completed = completeItem(run, item, { prev: place, key: items.length, typename: undefined })
        if (isPromise(completed)) isWaiting = true
        items.push(completed)
      }
    } catch (error) {
      // n.b. what nobody waits for any more may fail too, and would end the process
      for (const item of items) if (isPromise(item)) item.then(undefined, () => undefined)
      throw error
    }
    countList(run, items.length)
    return isWaiting ? Promise.all(items) : items
  }
}

const isIterableObject = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  Symbol.iterator in value &&
  typeof value[Symbol.iterator] === 'function'

const completeAbstract = (type: GraphQLAbstractType, { schema, field, fieldsOf }: Selecting): Complete => {
  const possible = new Map<unknown, readonly Field[]>(
    schema.getPossibleTypes(type).map(each => [each.name, fieldsOf(each)]),
  )
  return (run, value, place) => {
    if (isNothing(value)) return countLeaf(run, null)
    const executeAs = (name: unknown): unknown => {
      const fields = possible.get(name)
      if (fields === undefined) throw noPossibleType(schema, field, type, name, value)
      return executeFields(run, fields, value, place)
    }
    const resolveType = type.resolveType ?? defaultTypeResolver
    const name: unknown = resolveType(value, run.contextValue, infoOf(run, field, fieldPlace(place)), type)
    return isPromise(name) ? name.then(executeAs) : executeAs(name)
  }
}

/** The place of a field that has a value or an item there. */
const fieldPlace = (place: ResponsePath): ResponsePath =>
  typeof place.key === 'number' && place.prev !== undefined ? fieldPlace(place.prev) : place

const nameOf = ({ parentType, definition }: SelectedField): string => `${parentType.name}.${definition.name}`
