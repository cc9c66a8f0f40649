import { type DocumentNode, type GraphQLSchema, Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql'

/** The names of the operations in documents that select each field, by the field's coordinates, such as `Product.name`. */
export const recordedUses = (
  documents: readonly DocumentNode[],
  schema: GraphQLSchema,
): ReadonlyMap<string, readonly string[]> => {
  const uses = new Map<string, Set<string>>()
  for (const document of documents) {
    const names = document.definitions.flatMap(definition =>
      definition.kind === Kind.OPERATION_DEFINITION ? (definition.name?.value ?? 'unnamed') : [],
    )
    const types = new TypeInfo(schema)
    const note = () => {
      const [parent, field] = [types.getParentType(), types.getFieldDef()]
      if (!parent || !field || field.name.startsWith('__')) return
      const coordinate = `${parent.name}.${field.name}`
      const known = uses.get(coordinate) ?? new Set()
      for (const name of names) known.add(name)
      uses.set(coordinate, known)
    }
    visit(document, visitWithTypeInfo(types, { Field: note }))
  }
  return new Map([...uses].map(([coordinate, names]) => [coordinate, [...names].toSorted()]))
}
