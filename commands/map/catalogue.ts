import {
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
} from 'graphql'

/** Fields of a type. */
type TypeFields = { readonly type: string; readonly fields: string[] }

/** What a subgraph brings to the graph. */
export type SubgraphEntry = {
  /** The fields of Query, Mutation and Subscription. */
  readonly operations: TypeFields[]
  readonly owns: TypeFields[]
  /** Fields of types that another subgraph owns. */
  readonly contributes: TypeFields[]
}

type ObjectType = ObjectTypeDefinitionNode | ObjectTypeExtensionNode

const rootTypes: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription'])

/**
 * What each subgraph brings, by the subgraph's name. A type that several subgraphs have is owned by the one that resolves most
 * of its fields; a type without a key that several have, such as `Money`, is nobody's.
 */
export const describeSubgraphs = (
  schemas: ReadonlyMap<string, DocumentNode>,
): ReadonlyMap<string, SubgraphEntry> => {
  const owners = findOwners(schemas)
  return new Map(
    [...schemas].map(([subgraph, schema]) => {
      const types = objectTypesOf(schema)
      const isRoot = ({ name }: ObjectType) => rootTypes.has(name.value)
      const owned = types.filter(type => !isRoot(type) && owners.get(type.name.value) === subgraph)
      const foreign = types.filter(
        type => !isRoot(type) && ![subgraph, undefined].includes(owners.get(type.name.value)),
      )
      return [
        subgraph,
        {
          operations: types.filter(isRoot).map(describe),
          owns: owned.map(describe),
          contributes: foreign.map(describe).filter(({ fields }) => fields.length > 0),
        },
      ]
    }),
  )
}

const findOwners = (schemas: ReadonlyMap<string, DocumentNode>): ReadonlyMap<string, string> => {
  const most = new Map<string, { readonly subgraph: string; readonly fields: number }>()
  const seen = new Map<string, number>()
  for (const [subgraph, schema] of schemas) {
    for (const type of objectTypesOf(schema)) {
      const { value: name } = type.name
      const fields = resolvedFields(type).length
      seen.set(name, (seen.get(name) ?? 0) + 1)
      if (fields > (most.get(name)?.fields ?? -1)) most.set(name, { subgraph, fields })
    }
  }
  const isShared = (name: string) =>
    (seen.get(name) ?? 0) > 1 && ![...schemas.values()].some(schema => hasKey(schema, name))
  return new Map(
    [...most].flatMap(([name, { subgraph }]) => (isShared(name) ? [] : [[name, subgraph] as const])),
  )
}

const describe = (type: ObjectType): TypeFields => ({
  type: type.name.value,
  fields: (rootTypes.has(type.name.value) ? (type.fields ?? []) : resolvedFields(type)).map(
    ({ name }) => name.value,
  ),
})

/** n.b. what a subgraph needs of others to find an entity is not what it resolves. */
const resolvedFields = (type: ObjectType): readonly FieldDefinitionNode[] => {
  const keys = new Set((type.directives ?? []).flatMap(keyFieldsOf))
  return (type.fields ?? []).filter(
    ({ name, directives }) =>
      !keys.has(name.value) && !directives?.some(directive => directive.name.value === 'external'),
  )
}

const keyFieldsOf = ({
  name,
  arguments: given = [],
}: NonNullable<ObjectType['directives']>[number]): readonly string[] => {
  const fields = given.find(argument => argument.name.value === 'fields')?.value
  return name.value === 'key' && fields?.kind === Kind.STRING ? fields.value.split(/\s+/) : []
}

const hasKey = (schema: DocumentNode, name: string): boolean =>
  objectTypesOf(schema).some(
    type =>
      type.name.value === name && type.directives?.some(directive => directive.name.value === 'key') === true,
  )

const objectTypesOf = (schema: DocumentNode): readonly ObjectType[] =>
  schema.definitions.filter(
    definition =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION,
  )
