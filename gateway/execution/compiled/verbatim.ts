import type { FetchNode } from '@apollo/query-planner'
import {
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  type SelectionNode,
} from 'graphql'
import { keyOf } from '../../authorization/selections.ts'
import type { TakeData } from '../../subgraphs/answer.ts'
import type { FieldShape, ObjectShape } from './shape.ts'

const maxFields = 300
// n.b. V8 remembers each place of a text to which a match could go back, in at most 64 MB, and throws past them
const maxLength = 256 * 1024
const head = '{"data":'

/**
 * Compiles what finds out whether the answer to a fetch is, without a change, the client's: a regular expression with the
 * types of the schema. Such an answer is neither parsed nor written anew. Undefined if the fetch does not select what the
 * client does, or something with more than one possible type.
 */
export const compileVerbatim = (
  shape: ObjectShape,
  { operation }: Pick<FetchNode, 'operation'>,
): TakeData | undefined => {
  const [definition, ...fragments] = parse(operation, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION || fragments.length > 0) return undefined
  if (!isSelectedBy(definition.selectionSet.selections, shape) || countIn(shape) > maxFields) return undefined
  // n.b. nothing in it can match a text in two ways, so that it takes a time in proportion to the text
  const pattern = new RegExp(String.raw`^\{"data":${objectPattern(shape)}\}\s*$`)
  return answer =>
    answer.length <= maxLength && pattern.test(answer)
      ? answer.slice(head.length, answer.lastIndexOf('}'))
      : undefined
}

const isSelectedBy = (selections: readonly SelectionNode[], { fields }: ObjectShape): boolean =>
  fields.length === selections.length &&
  fields.every((field, index) => {
    const node = selections[index]
    if (node?.kind !== Kind.FIELD || keyOf(node) !== field.key || (node.directives ?? []).length > 0)
      return false
    if (field.kind !== 'field') return field.kind === 'typename'
    if (field.source !== field.key) return false
    const inside = shapeIn(field)
    return inside === undefined
      ? field.shapeOf === undefined
      : isSelectedBy(node.selectionSet?.selections ?? [], inside)
  })

const shapeIn = (field: FieldShape): ObjectShape | undefined => {
  if (field.kind !== 'field') return undefined
  const type = getNamedType(field.type)
  return isObjectType(type) ? field.shapeOf?.(type) : undefined
}

const countIn = ({ fields }: ObjectShape): number =>
  fields.reduce((count, field) => {
    const inside = shapeIn(field)
    return count + 1 + (inside === undefined ? 0 : countIn(inside))
  }, 0)

const objectPattern = ({ type, fields }: ObjectShape): string => {
  const values = fields.map(field => {
    const value = field.kind === 'field' ? valuePattern(field.type, field) : `"${type.name}"`
    return `"${field.key}":${value}`
  })
  return String.raw`\{${values.join(',')}\}`
}

const valuePattern = (type: GraphQLOutputType, field: FieldShape): string => {
  if (!isNonNullType(type)) return `(?:null|${presentPattern(type, field)})`
  return presentPattern(type.ofType, field)
}

const presentPattern = (type: GraphQLOutputType, field: FieldShape): string => {
  if (isListType(type)) return String.raw`\[(?:${valuePattern(type.ofType, field)}(?:,(?!\])|(?=\])))*\]`
  const inside = shapeIn(field)
  if (inside !== undefined) return objectPattern(inside)
  if (isEnumType(type))
    return `"(?:${type
      .getValues()
      .map(({ name }) => name)
      .join('|')})"`
  return leafPatterns.get(getNamedType(type).name) ?? anyLeaf
}

const string = String.raw`"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\x00-\x1f]*)*"`
const integer = String.raw`(?:0|-?[1-9]\d{0,15})`
const float = String.raw`-?(?:0|[1-9]\d{0,15})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?`
const boolean = '(?:true|false)'
const anyLeaf = `(?:${string}|${float}|${boolean})`
const leafPatterns = new Map([
  ['ID', string],
  ['String', string],
  ['Int', integer],
  ['Float', float],
  ['Boolean', boolean],
])
