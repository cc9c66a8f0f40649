import {
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
  type TypeDefinitionNode,
} from 'graphql'
import { argumentsOf } from './linked-directives.ts'
import { nameOfType } from './type-nodes.ts'

/** What an operation touches in a supergraph. */
export type Touched = {
  /** The types on which its plan can depend. */
  readonly types: ReadonlySet<string>
  /** The subgraphs that its plan can ask, by the enum values of `join__Graph`. */
  readonly graphs: ReadonlySet<string>
}

/** The definitions of a supergraph that differ from those of another one, by name; those that one alone has, too. */
export const changedDefinitions = (base: DocumentNode, next: DocumentNode): ReadonlySet<string> => {
  const [before, after] = [definitionsOf(base), definitionsOf(next)]
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(name => name !== 'join__Graph')
  return new Set(names.filter(name => textOf(before.get(name)) !== textOf(after.get(name))))
}

/**
 * Tells what an operation touches: the types that it selects and what these may be, implement and require; and the subgraphs
 * that resolve its root fields or have one of these types as an entity, since a plan goes from one to another by keys alone.
 */
export const createTouchedBy = (supergraph: DocumentNode) => {
  const definitions = definitionsOf(supergraph)
  const members = membersOf(supergraph)

  return (document: DocumentNode, operation: OperationDefinitionNode): Touched => {
    const root = rootNames[operation.operation]
    const types = new Set<string>()
    const graphs = new Set<string>()

    const enter = (name: string): void => {
      if (types.has(name)) return
      types.add(name)
      const definition = definitions.get(name)
      if (definition === undefined || name === root) return
      for (const graph of entityGraphs(definition)) graphs.add(graph)
      for (const member of members.get(name) ?? []) enter(member)
      if ('interfaces' in definition)
        for (const { name: above } of definition.interfaces ?? []) enter(above.value)
    }

    const walk = ({ selections }: SelectionSetNode, type: string): void => {
      enter(type)
      for (const selection of selections) {
        if (selection.kind === Kind.FIELD) {
          const field = fieldOf(definitions.get(type), selection.name.value)
          if (field === undefined) continue
          if (type === root) for (const graph of resolvers(field, definitions.get(type))) graphs.add(graph)
          const named = nameOfType(field.type)
          enter(named)
          for (const owner of [type, ...(members.get(type) ?? [])])
            for (const required of requirements(fieldOf(definitions.get(owner), selection.name.value)))
              walk(required, owner)
          if (selection.selectionSet !== undefined) walk(selection.selectionSet, named)
          continue
        }
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(document, selection.name.value)
        if (fragment !== undefined) walk(fragment.selectionSet, fragment.typeCondition?.name.value ?? type)
      }
    }

    walk(operation.selectionSet, root)
    return { types, graphs }
  }
}

const rootNames = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const

const definitionsOf = ({ definitions }: DocumentNode): ReadonlyMap<string, TypeDefinitionNode> =>
  new Map(
    definitions.flatMap(definition =>
      isType(definition) ? [[definition.name.value, definition] as const] : [],
    ),
  )

const isType = (definition: DocumentNode['definitions'][number]): definition is TypeDefinitionNode =>
  /^(Object|Interface|Union|Enum|Scalar|InputObject)TypeDefinition$/.test(definition.kind)

const textOf = (definition: TypeDefinitionNode | undefined): string | undefined =>
  definition && print(definition)

/** The objects that an interface or union may be. */
const membersOf = ({ definitions }: DocumentNode): ReadonlyMap<string, readonly string[]> => {
  const members = new Map<string, string[]>()
  const add = (name: string, member: string) => members.set(name, [...(members.get(name) ?? []), member])
  for (const definition of definitions) {
    if (definition.kind === Kind.UNION_TYPE_DEFINITION)
      for (const { name } of definition.types ?? []) add(definition.name.value, name.value)
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION)
      for (const { name } of definition.interfaces ?? []) add(name.value, definition.name.value)
  }
  return members
}

const entityGraphs = (definition: TypeDefinitionNode): readonly string[] => {
  const joined = joins(definition, 'join__type')
  return joined.some(({ key }) => key !== undefined) ? joined.map(({ graph }) => String(graph)) : []
}

const resolvers = (field: FieldDefinitionNode, owner: TypeDefinitionNode | undefined): readonly string[] => {
  const joined = joins(field, 'join__field').flatMap(({ graph }) =>
    graph === undefined ? [] : [String(graph)],
  )
  return joined.length > 0 ? joined : joins(owner, 'join__type').map(({ graph }) => String(graph))
}

const requirements = (field: FieldDefinitionNode | undefined): readonly SelectionSetNode[] =>
  joins(field, 'join__field')
    .flatMap(({ requires }) => (typeof requires === 'string' ? [requires] : []))
    .flatMap(fields => parse(`{ ${fields} }`, { noLocation: true }).definitions)
    .flatMap(definition => (definition.kind === Kind.OPERATION_DEFINITION ? [definition.selectionSet] : []))

const joins = (
  node: Pick<TypeDefinitionNode | FieldDefinitionNode, 'directives'> | undefined,
  name: string,
) => (node?.directives ?? []).filter(directive => directive.name.value === name).map(argumentsOf)

const fieldOf = (
  definition: TypeDefinitionNode | undefined,
  name: string,
): FieldDefinitionNode | undefined =>
  definition?.kind === Kind.OBJECT_TYPE_DEFINITION || definition?.kind === Kind.INTERFACE_TYPE_DEFINITION
    ? definition.fields?.find(field => field.name.value === name)
    : undefined

const fragmentOf = ({ definitions }: DocumentNode, name: string) =>
  definitions.flatMap(definition =>
    definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name ? [definition] : [],
  )[0]
