import {
  type FieldNode,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
} from 'graphql'
import type { Generated } from '../../../testbed/operations.ts'
import { collectFields, fragmentsIn, type Selecting } from './selecting.ts'

/**
 * What in an answer's data is not as the schema and the operation say it; undefined if there is nothing. With
 * `mayLackTypes`, an object of an interface may have only the fields that all of its types have.
 */
export const misfit = (
  schema: GraphQLSchema,
  { query, variables }: Generated,
  data: unknown,
  { mayLackTypes }: { readonly mayLackTypes: boolean },
): string | undefined => {
  const document = parse(query)
  const operation = getOperationAST(document)
  const root = operation && schema.getRootType(operation.operation)
  if (operation == null || root == null) throw new Error('there is no operation')
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
  if (coerced === undefined) throw new Error('the variables are not of their types')
  if (data === null) return undefined
  const selecting = { mayLackTypes, schema, fragments: fragmentsIn(document), variables: coerced }
  const whole: FieldNode = {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: 'data' },
    selectionSet: operation.selectionSet,
  }
  return misfitOf(selecting, root, [whole], data, 'data')
}

const misfitOf = (
  selecting: Selecting & { readonly mayLackTypes: boolean },
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  value: unknown,
  place: string,
): string | undefined => {
  if (isNonNullType(type))
    return value === null ? `${place} is null` : misfitOf(selecting, type.ofType, nodes, value, place)
  if (value === null) return undefined
  if (isListType(type)) {
    if (!Array.isArray(value)) return `${place} is no list`
    return firstOf(
      value.map((each, index) => misfitOf(selecting, type.ofType, nodes, each, `${place}.${index}`)),
    )
  }
  if (isAbstractType(type)) {
    const found = selecting.schema
      .getPossibleTypes(type)
      .map(possible => misfitOf(selecting, possible, nodes, value, place))
    if (isInterfaceType(type) && selecting.mayLackTypes)
      found.push(misfitOfObject(selecting, type, nodes, value, place))
    return found.includes(undefined) ? undefined : found[0]
  }
  if (isObjectType(type)) return misfitOfObject(selecting, type, nodes, value, place)
  return isLeaf(type, value) ? undefined : `${place} is no ${type}`
}

const misfitOfObject = (
  selecting: Parameters<typeof misfitOf>[0],
  type: GraphQLObjectType | GraphQLInterfaceType,
  nodes: readonly FieldNode[],
  value: unknown,
  place: string,
): string | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${place} is no object`
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  const fields = collectFields(selecting, type, sets)
  const given = new Map<string, unknown>(Object.entries(value))
  if ([...given.keys()].join() !== [...fields.keys()].join())
    return `${place} has other fields: ${[...given.keys()]}`
  return firstOf(
    [...fields].map(([key, inside]) => {
      const name = inside[0]?.name.value ?? ''
      if (name === '__typename')
        return given.get(key) === type.name ? undefined : `${place}.${key} is not ${type}`
      const field = type.getFields()[name]
      return field && misfitOf(selecting, field.type, inside, given.get(key), `${place}.${key}`)
    }),
  )
}

const firstOf = (misfits: readonly (string | undefined)[]): string | undefined =>
  misfits.find(each => each !== undefined)

const isLeaf = (type: GraphQLOutputType, value: unknown): boolean => {
  if (isEnumType(type)) return type.getValues().some(({ name }) => name === value)
  switch (String(type)) {
    case 'ID':
      return typeof value === 'string' || Number.isInteger(value)
    case 'String':
      return typeof value === 'string'
    case 'Int':
      return Number.isInteger(value)
    case 'Float':
      return typeof value === 'number'
    case 'Boolean':
      return typeof value === 'boolean'
    default:
      return true
  }
}
