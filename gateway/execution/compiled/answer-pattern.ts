import {
  type GraphQLNamedOutputType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionNode,
} from 'graphql'
import { keyOf } from '../../authorization/selections.ts'
import type { FieldShape, ObjectShape } from './shape.ts'

/** What is known of an object that a pattern recognizes. */
export type RecognizedObject = { readonly type: string; readonly firstKey: string | undefined }

/** The pattern of what stands at a path of an answer in the place of an object; undefined if there can be none. */
export type PatternInPlace = (shape: ObjectShape, selections: readonly SelectionNode[]) => string | undefined

/** A pattern, and what it recognizes. */
export type AnswerPattern = { readonly source: string; readonly objects: readonly RecognizedObject[] }

// n.b. V8 remembers each place of a text to which a match could go back, in at most 64 MB, and throws past them
const maxLength = 256 * 1024
const maxFields = 300

/**
 * Writes the regular expression, with the types of the schema, of what selections give, if that is, without a change, what a
 * client gets in this shape. Undefined if they do not select what the client does, in its order, or something with more than
 * one possible type. n.b. nothing in it can match a text in two ways, so that it takes a time in proportion to the text.
 */
export const answerPattern = (
  shape: ObjectShape,
  selections: readonly SelectionNode[],
  inPlaces: ReadonlyMap<string, PatternInPlace> = new Map(),
): AnswerPattern | undefined => {
  const objects: RecognizedObject[] = []
  let fieldCount = 0

  const objectPattern = (
    { type, fields }: ObjectShape,
    selected: readonly SelectionNode[],
    path: string,
  ): string | undefined => {
    fieldCount += fields.length
    if (fields.length !== selected.length || fieldCount > maxFields) return undefined
    objects.push({ type: type.name, firstKey: fields[0]?.key })
    const values: string[] = []
    for (const [index, field] of fields.entries()) {
      const value = fieldPattern(type.name, field, selected[index], path)
      if (value === undefined) return undefined
      values.push(`"${field.key}":${value}`)
    }
    return String.raw`\{${values.join(',')}\}`
  }

  const fieldPattern = (
    parent: string,
    field: FieldShape,
    node: SelectionNode | undefined,
    path: string,
  ): string | undefined => {
    if (node?.kind !== Kind.FIELD || keyOf(node) !== field.key || (node.directives ?? []).length > 0)
      return undefined
    if (field.kind === 'typename') return `"${parent}"`
    if (field.kind !== 'field' || field.source !== field.key) return undefined
    const inside = node.selectionSet?.selections ?? []
    return valuePattern(field.type, field, { selected: inside, path: pathTo(path, field.key) })
  }

  const valuePattern = (type: GraphQLOutputType, field: ValueShape, at: At): string | undefined => {
    if (isNonNullType(type)) return presentPattern(type.ofType, field, at)
    const present = presentPattern(type, field, at)
    return present && `(?:null|${present})`
  }

  const presentPattern = (type: GraphQLOutputType, field: ValueShape, at: At): string | undefined => {
    if (isListType(type)) {
      const each = valuePattern(type.ofType, field, { ...at, path: pathTo(at.path, '@') })
      return each && listPattern(each)
    }
    const named = getNamedType(field.type)
    if (field.shapeOf === undefined) return at.selected.length > 0 ? undefined : leafPattern(named)
    if (!isObjectType(named)) return undefined
    const shape = field.shapeOf(named)
    const inPlace = inPlaces.get(at.path)
    return inPlace === undefined ? objectPattern(shape, at.selected, at.path) : inPlace(shape, at.selected)
  }

  const source = objectPattern(shape, selections, '')
  return source === undefined ? undefined : { source, objects }
}

/** The pattern of a list of what another pattern recognizes. */
export const listPattern = (each: string): string => String.raw`\[(?:${each}(?:,(?!\])|(?=\])))*\]`

/** Makes what tells whether a text is all that a pattern recognizes; one of more than 256 KiB never is. */
export const createIsRecognized = (source: string): ((text: string) => boolean) => {
  const pattern = new RegExp(String.raw`^${source}\s*$`)
  return text => text.length <= maxLength && pattern.test(text)
}

/** The path, as query plans write it, to what has a key, or to each element of a list. */
const pathTo = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

type ValueShape = Extract<FieldShape, { readonly kind: 'field' }>
type At = { readonly selected: readonly SelectionNode[]; readonly path: string }

const leafPattern = (type: GraphQLNamedOutputType): string => {
  if (isEnumType(type))
    return `"(?:${type
      .getValues()
      .map(({ name }) => name)
      .join('|')})"`
  return leafPatterns.get(type.name) ?? anyLeaf
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
