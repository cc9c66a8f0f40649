import { hash } from 'node:crypto'
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  isObjectType,
  Kind,
  parse,
  print,
  type SelectionNode,
  visit,
} from 'graphql'
import { keyOf } from '../authorization/selections.ts'
import type { createMaxAges } from './max-age.ts'

/** A field of a request to a subgraph that gives entities, of which some may be kept. */
export type CachedField = {
  /** Under which name the entities come. */
  readonly responseKey: string
  /** The variable with the representations. */
  readonly variable: string
  /** Names what is asked of each entity. */
  readonly selection: string
  /** The other variables on which the entities' values depend. */
  readonly otherVariables: readonly string[]
  /** For how many milliseconds an entity may be kept, by its type; a type that is not listed may not be kept. */
  readonly maxAgesMs: ReadonlyMap<string, number>
}

/** The fields of a query that give entities which may be kept, and under which names all of its fields come. */
export type CachedFields = {
  readonly fields: readonly CachedField[]
  readonly all: readonly Pick<CachedField, 'responseKey'>[]
}

/** Finds the fields of a query that give entities which may be kept. */
export const cachedFieldsOf = (
  query: string,
  {
    service,
    schema,
    maxAges,
  }: {
    readonly service: string
    /** With the types of the supergraph. */
    readonly schema: GraphQLSchema
    readonly maxAges: ReturnType<typeof createMaxAges>
  },
): CachedFields => {
  const document = parse(query, { noLocation: true })
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map(print)
  // n.b. a variable that the client leaves out has the value of its definition
  const definitions = document.definitions.flatMap(definition =>
    definition.kind === Kind.OPERATION_DEFINITION ? (definition.variableDefinitions ?? []).map(print) : [],
  )
  const ageOf = (type: string, selection: SelectionNode): number => {
    const object = schema.getType(type)
    if (!isObjectType(object) || selection.kind !== Kind.INLINE_FRAGMENT) return 0
    return maxAges.ofEntity(object, selection.selectionSet, document) * 1_000
  }
  const roots = rootFieldsOf(document)
  const fields = roots.flatMap((field): readonly CachedField[] => {
    const variable = representationsOf(field)
    if (variable === undefined || field.selectionSet === undefined) return []
    const maxAgesMs = new Map<string, number>()
    for (const selection of field.selectionSet.selections) {
      const type = selection.kind === Kind.INLINE_FRAGMENT ? selection.typeCondition?.name.value : undefined
      // n.b. what is asked of an interface is asked of entities of types that are not named here
      if (type === undefined || !isObjectType(schema.getType(type))) return []
      maxAgesMs.set(type, Math.min(ageOf(type, selection), maxAgesMs.get(type) ?? Number.POSITIVE_INFINITY))
    }
    for (const [type, ms] of maxAgesMs) if (ms === 0) maxAgesMs.delete(type)
    if (maxAgesMs.size === 0) return []
    const text = [service, ...definitions, print(field.selectionSet), ...fragments].join('\n')
    return [
      {
        responseKey: keyOf(field),
        variable,
        selection: hash('sha256', text),
        otherVariables: variablesIn(document).filter(name => name !== variable),
        maxAgesMs,
      },
    ]
  })
  return { fields, all: roots.map(root => ({ responseKey: keyOf(root) })) }
}

const rootFieldsOf = ({ definitions }: DocumentNode): readonly FieldNode[] =>
  definitions
    .flatMap(definition =>
      definition.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : [],
    )
    .filter(selection => selection.kind === Kind.FIELD)

const representationsOf = ({ name, arguments: [argument] = [] }: FieldNode): string | undefined =>
  name.value === '_entities' && argument?.value.kind === Kind.VARIABLE ? argument.value.name.value : undefined

/** n.b. the variables of the other fields too: a few more entries are kept, and none for the wrong values. */
const variablesIn = (document: DocumentNode): readonly string[] => {
  const representations = new Set(rootFieldsOf(document).map(representationsOf))
  const names = new Set<string>()
  visit(document, {
    Variable: ({ name }) => {
      if (!representations.has(name.value)) names.add(name.value)
    },
  })
  return [...names].sort()
}
