import type { FetchNode } from '@apollo/query-planner'
import { Kind, type SelectionNode } from 'graphql'
import { keyOf } from '../../authorization/selections.ts'
import type { TakeData } from '../../subgraphs/answer.ts'
import { answerPattern, listPattern } from './answer-pattern.ts'
import { entitiesField } from './combined.ts'
import type { FieldShape, ObjectShape } from './shape.ts'
import { createTakeData, selectionsIn } from './verbatim.ts'

/** The field that tells the type of an object. */
export const typename = '__typename'

/** How the text of a reference to an entity begins; it ends with its key and `"}`. */
export const referenceHead = (type: string, key: string): string => `{"${typename}":"${type}","${key}":"`

/** The pattern of a reference. n.b. a key with anything to escape is left to those who read */
export const referencePattern = (type: string, key: string): string =>
  String.raw`\{"${typename}":"${type}","${key}":"[^"\\\x00-\x1f]*"\}`

/** Whether a reference is all that is selected. */
export const selectsReference = (selections: readonly SelectionNode[], key: string): boolean =>
  selections.length === 2 && [typename, key].every((name, index) => isPlain(selections[index], name))

const isPlain = (node: SelectionNode | undefined, name: string): boolean =>
  node?.kind === Kind.FIELD &&
  node.name.value === name &&
  keyOf(node) === name &&
  node.selectionSet === undefined &&
  (node.directives ?? []).length === 0

/** How the answer to a fetch of entities becomes the client's objects. */
export type EntityText = {
  readonly takeData: TakeData
  /** The fields of each entity in a text that was taken. */
  readonly split: (taken: string) => readonly string[]
  /** The client's object, of the key of a reference and the fields of its entity. */
  readonly write: (key: string, fields: string) => string
}

/**
 * Compiles how a client's object is made of a reference and an entity; undefined if the entity's fields do not stand together
 * in it.
 */
export const compileEntityText = (
  { type: shapedType, fields }: ObjectShape,
  { node, type, key }: { readonly node: FetchNode; readonly type: string; readonly key: string },
): EntityText | undefined => {
  const isOfReference = (field: FieldShape): boolean =>
    field.kind === 'typename' || (field.kind === 'field' && field.key === key && field.source === key)
  const [begin, end] = [
    fields.findIndex(field => !isOfReference(field)),
    fields.findLastIndex(field => !isOfReference(field)) + 1,
  ]
  const own = fields.slice(begin, end)
  const selected = entitySelections(node, type)
  if (shapedType.name !== type || begin === -1 || own.some(isOfReference) || selected === undefined)
    return undefined
  const { hasTypename, selections } = selected
  const pattern = answerPattern({ type: shapedType, fields: own }, selections)
  if (pattern === undefined) return undefined
  const typeText = hasTypename ? `"${typename}":"${type}",` : ''
  const firstKey = hasTypename ? typename : own[0]?.key
  // n.b. objects in an entity are told from the next entity by their first key
  if (pattern.objects.slice(1).some(object => object.firstKey === firstKey)) return undefined
  const inside = `${typeText}${pattern.source.slice(2, -2)}`
  const opening = `{${typeText}"${own[0]?.key}":`
  const separator = `},${opening}`
  const skipped = 1 + typeText.length
  const takeEntities = createTakeData(
    String.raw`\{"${entitiesField}":${listPattern(String.raw`\{${inside}\}`)}\}`,
  )
  const write = compileWrite(type, key, { before: fields.slice(0, begin), after: fields.slice(end) })
  return {
    takeData: answer => {
      const data = takeEntities(answer)
      return data?.slice(data.indexOf('[') + 1, -2)
    },
    split: taken => {
      const entities: string[] = []
      if (taken === '') return entities
      let from = skipped
      for (let to = taken.indexOf(separator); to !== -1; to = taken.indexOf(separator, from)) {
        entities.push(taken.slice(from, to))
        from = to + 2 + skipped
      }
      entities.push(taken.slice(from, -1))
      return entities
    },
    write,
  }
}

/** What a fetch selects of entities of a type, but for their type. */
const entitySelections = (node: FetchNode, type: string) => {
  const [field, ...others] = selectionsIn(node) ?? []
  if (field?.kind !== Kind.FIELD || field.name.value !== entitiesField || others.length > 0) return undefined
  const outside = field.selectionSet?.selections ?? []
  const fragment = outside.at(-1)
  const isTyped = isPlain(outside[0], typename)
  if (fragment?.kind !== Kind.INLINE_FRAGMENT || fragment.typeCondition?.name.value !== type) return undefined
  if ((fragment.directives ?? []).length > 0 || outside.length !== (isTyped ? 2 : 1)) return undefined
  const { selections } = fragment.selectionSet
  const hasOwnType = isPlain(selections[0], typename)
  return { hasTypename: isTyped || hasOwnType, selections: hasOwnType ? selections.slice(1) : selections }
}

const compileWrite = (
  type: string,
  key: string,
  { before, after }: { readonly before: readonly FieldShape[]; readonly after: readonly FieldShape[] },
): EntityText['write'] => {
  const textOf = (field: FieldShape): string =>
    field.kind === 'typename' ? `"${field.key}":"${type}"` : `"${key}":"${keyMark}"`
  const [head = '', headRest] = `{${before.map(field => `${textOf(field)},`).join('')}`.split(keyMark)
  const [tail = '', tailRest] = `${after.map(field => `,${textOf(field)}`).join('')}}`.split(keyMark)
  if (headRest !== undefined) return (value, fields) => head + value + headRest + fields + tail
  if (tailRest !== undefined) return (value, fields) => head + fields + tail + value + tailRest
  return (_, fields) => head + fields + tail
}

/** n.b. it is in no name */
const keyMark = '\n'
