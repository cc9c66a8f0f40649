import { isDeepStrictEqual } from 'node:util'
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
} from 'graphql'
import { argumentsOf } from './linked-directives.ts'
import { bubblesNull, nameOfType } from './type-nodes.ts'

/** A field that can't be null, and by which the outage of one subgraph takes away what others give. */
export type BorderFinding = {
  /** Such as `Product.unitsSold`. */
  readonly coordinate: string
  /** Whose SDL declares it so. */
  readonly subgraph: string
  readonly message: string
}

/** The rule that `findBorders` checks. */
export const borderRule = 'FIELDS_OF_OTHER_SUBGRAPHS_SHOULD_BE_NULLABLE'

/**
 * Finds the fields of a supergraph that can't be null although another subgraph than the one that gives most of their object
 * resolves them, the fields of the same kind that lead to an entity of another subgraph, and root fields that can't be null.
 * An entity belongs to the subgraph that resolves the most of its fields; to several, if they resolve as many. What only a
 * mutation or a subscription returns may lead to an entity: there is nothing beside it to be saved. Fields that a base
 * declares just so are left out.
 */
export const findBorders = (supergraph: string, base?: string): readonly BorderFinding[] => {
  const graph = readGraph(parse(supergraph, { noLocation: true }))
  const before = base === undefined ? undefined : readGraph(parse(base, { noLocation: true }))
  if (graph.subgraphs.size < 2) return []
  const read = typesOfQueries(graph)
  return [...graph.types.values()].flatMap(type =>
    type.fields
      .filter(({ isInternal, isNonNull }) => isNonNull && !isInternal)
      .filter(field => !isDeclared(before, type, field))
      .flatMap(field => {
        const found = describe(graph, read, type, field)
        return field.resolvers.length === 1 && found !== undefined ? [found] : []
      }),
  )
}

type Field = {
  readonly name: string
  readonly type: string
  readonly isNonNull: boolean
  /** Whether a null inside of a list takes the list's parent away too. */
  readonly bubbles: boolean
  readonly isInternal: boolean
  /** The enum values of the subgraphs that resolve it. */
  readonly resolvers: readonly string[]
}

type Type = {
  readonly name: string
  readonly isEntity: boolean
  readonly keys: ReadonlySet<string>
  readonly fields: readonly Field[]
}

type Graph = {
  /** The names of the subgraphs, by their enum values. */
  readonly subgraphs: ReadonlyMap<string, string>
  readonly types: ReadonlyMap<string, Type>
  /** The object types that an interface or a union may be. */
  readonly members: ReadonlyMap<string, readonly string[]>
}

/** n.b. which subgraph has most of an entity may change, and this field not. */
const isDeclared = (before: Graph | undefined, { name }: Type, field: Field): boolean =>
  before?.types.get(name)?.fields.some(known => isDeepStrictEqual(known, field)) ?? false

const describe = (
  { subgraphs, types }: Graph,
  read: ReadonlySet<string>,
  owner: Type,
  field: Field,
): BorderFinding | undefined => {
  const [resolver = ''] = field.resolvers
  const subgraph = subgraphs.get(resolver) ?? resolver
  const coordinate = `${owner.name}.${field.name}`
  const say = (loss: string) => ({ coordinate, subgraph, message: `${coordinate} can't be null: ${loss}` })
  if (owner.name === 'Query' || owner.name === 'Mutation')
    return say(`while ${subgraph} is away, the whole answer is null, whatever other subgraphs gave`)
  if (owner.name === 'Subscription') return undefined
  const home = homesOf(owner)
  if (owner.isEntity && !owner.keys.has(field.name) && home.length > 0 && !home.includes(resolver))
    return say(
      `while ${subgraph} is away, the whole ${owner.name} is null, though ${subgraphs.get(home[0] ?? '')} has the rest of it`,
    )
  const target = types.get(field.type)
  if (target === undefined || !field.bubbles || !read.has(owner.name)) return undefined
  const [there, ...further] = homesOf(target)
  if (there === undefined || there === resolver || further.includes(resolver)) return undefined
  const isAtStake = target.fields.some(
    ({ isNonNull, resolvers }) => isNonNull && !resolvers.includes(resolver),
  )
  return isAtStake ? say(`while ${subgraphs.get(there)} is away, the whole ${owner.name} is null`) : undefined
}

/** The subgraphs that resolve most of an entity beside its keys; none if it has nothing else or is no entity. */
const homesOf = ({ isEntity, keys, fields }: Type): readonly string[] => {
  if (!isEntity) return []
  const counts = new Map<string, number>()
  for (const { name, resolvers } of fields)
    if (!keys.has(name))
      for (const resolver of resolvers) counts.set(resolver, (counts.get(resolver) ?? 0) + 1)
  const most = Math.max(0, ...counts.values())
  return [...counts].filter(([, count]) => count === most).map(([resolver]) => resolver)
}

/** The types that a query can return. */
const typesOfQueries = ({ types, members }: Graph): ReadonlySet<string> => {
  const found = new Set(['Query'])
  for (const name of found) {
    for (const member of members.get(name) ?? []) found.add(member)
    for (const { type } of types.get(name)?.fields ?? []) found.add(type)
  }
  return found
}

const readGraph = ({ definitions }: DocumentNode): Graph => {
  const subgraphs = new Map<string, string>()
  const types = new Map<string, Type>()
  const members = new Map<string, string[]>()
  for (const definition of definitions) {
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph')
      for (const { name, directives } of definition.values ?? [])
        subgraphs.set(name.value, String(argumentsIn(directives, 'join__graph')[0]?.name ?? name.value))
    if (definition.kind === Kind.UNION_TYPE_DEFINITION)
      members.set(
        definition.name.value,
        (definition.types ?? []).map(({ name }) => name.value),
      )
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || isInternal(definition)) continue
    types.set(definition.name.value, toType(definition))
    for (const { name } of definition.interfaces ?? [])
      members.set(name.value, [...(members.get(name.value) ?? []), definition.name.value])
  }
  return { subgraphs, types, members }
}

const toType = ({ name, directives, fields = [] }: ObjectTypeDefinitionNode): Type => {
  const joined = argumentsIn(directives, 'join__type')
  const keys = joined.flatMap(({ key }) => (typeof key === 'string' ? [key] : []))
  const everywhere = [...new Set(joined.map(({ graph }) => String(graph)))]
  return {
    name: name.value,
    isEntity: keys.length > 0,
    keys: new Set(keys.flatMap(key => key.match(/\w+/g) ?? [])),
    fields: fields.map(field => toField(field, everywhere)),
  }
}

const toField = (field: FieldDefinitionNode, everywhere: readonly string[]): Field => {
  const joined = argumentsIn(field.directives, 'join__field')
  const resolving = joined.filter(({ graph, external }) => graph !== undefined && external !== true)
  return {
    name: field.name.value,
    type: nameOfType(field.type),
    isNonNull: field.type.kind === Kind.NON_NULL_TYPE,
    bubbles: bubblesNull(field.type),
    isInternal: isInternal(field),
    resolvers: joined.length === 0 ? everywhere : resolving.map(({ graph }) => String(graph)),
  }
}

const isInternal = ({ directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] }): boolean =>
  directives.some(({ name }) => name.value === 'inaccessible')

const argumentsIn = (directives: readonly ConstDirectiveNode[] = [], name: string) =>
  directives.filter(directive => directive.name.value === name).map(argumentsOf)
