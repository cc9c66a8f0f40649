import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql'
import { hashOf, pickBy } from './chance.ts'
import type { Entities, Entity } from './entities.ts'
import { failsAt, isNullAt, lieAt, type Mischief, saidTypeOf } from './mischief.ts'
import { collectFields, type Selecting } from './selecting.ts'

/** Objects of an operation's answer, before their fields are known. */
export type Thing = {
  readonly type: string
  /** What tells the object from all others; the same in every subgraph. */
  readonly place: string
  readonly entity: Entity | undefined
  /** What the gateway says of it. */
  readonly representation?: Readonly<Record<string, unknown>> | undefined
}

/** An error that a subgraph answers with. */
export type FabricatedError = {
  message: string
  path?: readonly (string | number)[]
  extensions: { code: string }
}

/** What one answer is made with. */
export type Fabrication = Selecting & {
  readonly subgraph: string
  readonly entities: Entities
  /** The fields that the subgraph computes from other ones, by coordinate. */
  readonly requirements: ReadonlyMap<string, readonly string[]>
  readonly mischief: Mischief
  readonly errors: FabricatedError[]
}

type Path = readonly (string | number)[]

/** A null that stands where none may be. */
class NullBubbles extends Error {}

/** Makes up the fields of an object; throws NullBubbles if the object has to be null. */
export const fabricateObject = (
  made: Fabrication,
  thing: Thing,
  sets: readonly SelectionSetNode[],
  path: Path,
): Record<string, unknown> => {
  const type = made.schema.getType(thing.type)
  const object: Record<string, unknown> = {}
  if (!isObjectType(type)) return object
  for (const [key, nodes] of collectFields(made, type, sets)) {
    const value = fabricateField(made, type, thing, nodes, [...path, key])
    if (value !== undefined) object[key] = value
  }
  return object
}

/** Makes up an object, or null where nulls bubble up from it. */
export const fabricateOrNull = (
  made: Fabrication,
  thing: Thing,
  sets: readonly SelectionSetNode[],
  path: Path,
): Record<string, unknown> | null => orNull(() => fabricateObject(made, thing, sets, path))

const orNull = <T>(make: () => T): T | null => {
  try {
    return make()
  } catch (error) {
    if (error instanceof NullBubbles) return null
    throw error
  }
}

const fabricateField = (
  made: Fabrication,
  type: GraphQLObjectType,
  thing: Thing,
  nodes: readonly FieldNode[],
  path: Path,
): unknown => {
  const { mischief, subgraph, variables } = made
  const [node] = nodes
  if (node === undefined) return undefined
  const name = node.name.value
  if (name === '__typename') return saidTypeOf(mischief, `${subgraph} ${thing.place}`, thing.type)
  const field = type.getFields()[name]
  if (field === undefined) throw new Error(`${subgraph} has no ${type.name}.${name}`)
  const given = JSON.stringify(getArgumentValues(field, node, variables))
  const place = `${thing.place}.${name}${given === '{}' ? '' : given}${requiredOf(made, thing, name)}`
  const lie = lieAt(mischief, `${subgraph} ${place}`)
  if (lie !== undefined) return lie.value
  if (failsAt(mischief, `${subgraph} ${place}`)) {
    made.errors.push({ message: `${type.name}.${name} fails`, path, extensions: { code: 'FAILED' } })
    if (isNonNullType(field.type)) throw new NullBubbles()
    return null
  }
  const key = thing.entity && made.entities.keyValue(thing.entity, name)
  if (key !== undefined) return key
  return fabricateValue(made, field.type, nodes, place, path)
}

/** What the gateway brought for a field that needs it, so that the value shows it. */
const requiredOf = (
  { requirements }: Fabrication,
  { type, representation }: Thing,
  field: string,
): string => {
  const required = requirements.get(`${type}.${field}`)
  return required === undefined ? '' : JSON.stringify(required.map(name => representation?.[name] ?? null))
}

const fabricateValue = (
  made: Fabrication,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  place: string,
  path: Path,
): unknown => {
  if (isNonNullType(type)) {
    const value = fabricateNullable(made, type.ofType, nodes, place, path)
    if (value === null) throw new NullBubbles()
    return value
  }
  if (isNullAt(made.mischief, `${made.subgraph} ${place}`)) return null
  return orNull(() => fabricateNullable(made, type, nodes, place, path))
}

const fabricateNullable = (
  made: Fabrication,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  place: string,
  path: Path,
): unknown => {
  if (isListType(type)) {
    const length = hashOf(`${place} length`) % 4
    return Array.from({ length }, (_, index) =>
      fabricateValue(made, type.ofType, nodes, `${place}[${index}]`, [...path, index]),
    )
  }
  const named = getNamedType(type)
  if (isAbstractType(named) || isObjectType(named)) {
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    return fabricateObject(made, chooseThing(made, named.name, place), sets, path)
  }
  return isEnumType(named)
    ? pickBy(
        place,
        named.getValues().map(({ name }) => name),
      )
    : fabricateScalar(named.name, place)
}

const chooseThing = ({ schema, entities }: Fabrication, type: string, place: string): Thing => {
  const declared = schema.getType(type)
  const chosen = entities.choose(type, place)
  if (chosen === undefined && isAbstractType(declared)) {
    const types = schema.getPossibleTypes(declared).map(({ name }) => name)
    const picked = pickBy(`${place} type`, types.toSorted()) ?? type
    return thingOf(picked, entities.choose(picked, place), place)
  }
  const concrete = chosen !== undefined && isAbstractType(declared) ? entities.typeOf(chosen) : type
  return thingOf(concrete, chosen, place)
}

/** n.b. an entity is the same wherever it is found */
const thingOf = (type: string, entity: Entity | undefined, place: string): Thing => ({
  type,
  entity,
  place: entity === undefined ? place : placeOf(entity),
})

/** Where an entity is, for every subgraph. */
export const placeOf = ({ family, number }: Entity): string => `${family}#${number}`

const texts = [
  'plain',
  '',
  'with "quotes" and \\',
  'Ünïcode 漢字 😀',
  'line\nbreak \u2028',
  '</script>',
  'x'.repeat(80),
]

const fabricateScalar = (type: string, place: string): unknown => {
  const hash = hashOf(place)
  switch (type) {
    case 'Int':
      return (hash % 2_000) - 1_000
    case 'SafeInt':
      return hash * 1_000
    case 'Float':
      return hash % 3 === 0 ? hash % 100 : (hash % 10_000) / 7
    case 'Boolean':
      return hash % 2 === 0
    case 'Blob':
      return hash % 2 === 0 ? { a: [1, { b: null }], text: 'x' } : [hash % 10, 'y']
    case 'DateTime':
      return new Date(hash * 1_000).toISOString()
    case 'Date':
      return new Date(hash * 1_000).toISOString().slice(0, 10)
    case 'ID':
      return hash % 3 === 0 ? hash % 1_000 : `id ${hash}`
    default:
      return `${texts[hash % texts.length]} ${hash % 100}`
  }
}
