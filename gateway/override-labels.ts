import { argumentsOf } from '@supergraph/composition/linked-directives.ts'
import {
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { z } from 'zod'
import type { ClientOperation } from './authorization/selections.ts'

/** Gives the labels of `@override` that decide what the plan of a valid operation may be. */
export type OverrideLabelsOf = (
  operation: Pick<ClientOperation, 'document' | 'operation'>,
) => ReadonlySet<string>

type Join = { readonly labels: readonly string[]; readonly needs: readonly SelectionSetNode[] }

const joinedField = z.object({ overrideLabel: z.string().optional(), requires: z.string().optional() })
const joinedType = z.object({ key: z.string().optional() })

/**
 * Reads the fields of a composed supergraph that are on their way to another subgraph, each with a label; undefined if there
 * are none. `schema` has all types of the supergraph.
 */
export const readOverrideLabels = (
  supergraph: DocumentNode,
  schema: GraphQLSchema,
): OverrideLabelsOf | undefined => {
  const joins = readJoins(supergraph)
  if ([...joins.values()].every(({ labels }) => labels.length === 0)) return undefined

  return ({ document, operation }) => {
    const found = new Set<string>()
    const seen = new Set<string>()
    const note = (coordinate: string, type: GraphQLCompositeType): void => {
      if (seen.has(coordinate)) return
      seen.add(coordinate)
      const join = joins.get(coordinate)
      for (const label of join?.labels ?? []) found.add(label)
      for (const needed of join?.needs ?? []) noteAll(needed, new TypeInfo(schema, type))
    }
    const noteAll = (selections: DocumentNode | SelectionSetNode, types: TypeInfo): void => {
      const noteField = () => {
        const [parent, field] = [types.getParentType(), types.getFieldDef()]
        if (!parent || !field) return
        for (const type of relatedTo(parent, schema)) note(`${type.name}.${field.name}`, type)
        const given = getNamedType(field.type)
        if (isCompositeType(given)) for (const type of relatedTo(given, schema)) note(type.name, type)
      }
      visit(selections, visitWithTypeInfo(types, { Field: noteField }))
    }
    const isAsked = (definition: DocumentNode['definitions'][number]) =>
      definition === operation || definition.kind === Kind.FRAGMENT_DEFINITION
    noteAll({ ...document, definitions: document.definitions.filter(isAsked) }, new TypeInfo(schema))
    return found
  }
}

/** By coordinates: what a field requires, and the keys of a type, are fetched before it. */
const readJoins = ({ definitions }: DocumentNode): ReadonlyMap<string, Join> => {
  const joins = new Map<string, Join>()
  for (const definition of definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue
    const { name, directives = [], fields = [] } = definition
    const keys = directives
      .filter(directive => directive.name.value === 'join__type')
      .flatMap(directive => joinedType.parse(argumentsOf(directive)).key ?? [])
    if (keys.length > 0) joins.set(name.value, { labels: [], needs: keys.map(selectionsIn) })
    for (const field of fields) {
      const joined = (field.directives ?? [])
        .filter(directive => directive.name.value === 'join__field')
        .map(directive => joinedField.parse(argumentsOf(directive)))
      const labels = joined.flatMap(({ overrideLabel }) => overrideLabel ?? [])
      const needs = joined.flatMap(({ requires }) => requires ?? []).map(selectionsIn)
      if (labels.length + needs.length > 0) joins.set(`${name.value}.${field.name.value}`, { labels, needs })
    }
  }
  return joins
}

const selectionsIn = (fieldSet: string): SelectionSetNode => {
  const [definition] = parse(`{ ${fieldSet} }`, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`this is no set of fields: ${fieldSet}`)
  return definition.selectionSet
}

/** n.b. a plan may ask for the field of an interface in the types that have it, and for theirs in an interface object. */
const relatedTo = (type: GraphQLCompositeType, schema: GraphQLSchema): ReadonlySet<GraphQLCompositeType> => {
  const objects = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : []
  return new Set([type, ...objects, ...objects.flatMap(object => object.getInterfaces())])
}
