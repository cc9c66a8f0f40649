import {
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  print,
  valueFromASTUntyped,
} from 'graphql'
import { z } from 'zod'

/** A type of the graph with its fields, as the composed supergraph has it. */
export type GraphType = {
  readonly name: string
  readonly kind: 'type' | 'interface'
  readonly description: string
  readonly fields: readonly GraphField[]
}

export type GraphField = {
  readonly name: string
  /** With its arguments, such as `(first: Int): ProductConnection!`. */
  readonly signature: string
  readonly description: string
  /** The subgraphs that resolve it. */
  readonly owners: readonly string[]
  /** Why it is deprecated; null if it is not. */
  readonly deprecated: string | null
  readonly readers: Readers
  /** Whether only subgraphs see it. */
  readonly isInternal: boolean
}

/** Who may read a field: everyone, who is signed in, or who has all scopes of one of these lists. */
export type Readers = 'everyone' | 'signed in' | readonly (readonly string[])[]

type Composite = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode

const joined = z.object({
  graph: z.string().optional(),
  external: z.boolean().default(false),
  usedOverridden: z.boolean().default(false),
})
const joinedGraph = z.object({ name: z.string() })
const withScopes = z.object({ scopes: z.array(z.array(z.string())) })
const withReason = z.object({ reason: z.string().default('') })

/** The types of a supergraph that have fields: what it starts with first, then by name. */
export const typesOf = (supergraph: DocumentNode): readonly GraphType[] => {
  const composites = supergraph.definitions.filter(isComposite)
  const graphs = graphNames(supergraph)
  const readersOfType = new Map(
    supergraph.definitions.flatMap(definition =>
      'directives' in definition && 'name' in definition && definition.name !== undefined
        ? [[definition.name.value, readersIn(definition.directives)] as const]
        : [],
    ),
  )
  return composites
    .map(type => ({
      name: type.name.value,
      kind: type.kind === Kind.INTERFACE_TYPE_DEFINITION ? ('interface' as const) : ('type' as const),
      description: type.description?.value ?? '',
      fields: (type.fields ?? []).map(field => {
        const readers = [
          readersIn(field.directives),
          readersOfType.get(type.name.value),
          readersOfType.get(namedType(field)),
        ]
        return {
          name: field.name.value,
          signature: signatureOf(field),
          description: field.description?.value ?? '',
          owners: ownersOf(type, field, graphs),
          deprecated:
            argumentsOf(field.directives, 'deprecated').map(given => withReason.parse(given).reason)[0] ??
            null,
          readers: strictest(readers),
          isInternal: [...(field.directives ?? []), ...(type.directives ?? [])].some(
            ({ name }) => name.value === 'inaccessible',
          ),
        }
      }),
    }))
    .toSorted((a, b) => rankOf(a.name) - rankOf(b.name) || (a.name < b.name ? -1 : 1))
}

const roots = ['Query', 'Mutation', 'Subscription']

const rankOf = (name: string): number => (roots.includes(name) ? roots.indexOf(name) : roots.length)

const isComposite = (node: DocumentNode['definitions'][number]): node is Composite =>
  node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION

/** `ORDERS` → `orders` */
const graphNames = (supergraph: DocumentNode): ReadonlyMap<string, string> =>
  new Map(
    supergraph.definitions.flatMap(definition =>
      definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph'
        ? (definition.values ?? []).flatMap(({ name, directives }) =>
            argumentsOf(directives, 'join__graph').map(
              given => [name.value, joinedGraph.parse(given).name] as const,
            ),
          )
        : [],
    ),
  )

/** n.b. a field that is in every subgraph of its type has no `@join__field`. */
const ownersOf = (
  type: Composite,
  field: FieldDefinitionNode,
  graphs: ReadonlyMap<string, string>,
): readonly string[] => {
  const ofField = argumentsOf(field.directives, 'join__field').map(given => joined.parse(given))
  const joins =
    ofField.length > 0
      ? ofField
      : argumentsOf(type.directives, 'join__type').map(given => joined.parse(given))
  const owners = joins
    .filter(({ external, usedOverridden }) => !external && !usedOverridden)
    .flatMap(({ graph = '' }) => graphs.get(graph) ?? [])
  return [...new Set(owners)]
}

const readersIn = (directives: readonly DirectiveNode[] | undefined): Readers => {
  const [scoped] = argumentsOf(directives, 'requiresScopes')
  if (scoped !== undefined) return withScopes.parse(scoped).scopes
  return argumentsOf(directives, 'authenticated').length > 0 ? 'signed in' : 'everyone'
}

/** What holds of a field if it, its type and the type of its value each say who may read. */
const strictest = (all: readonly (Readers | undefined)[]): Readers => {
  const scopes = all.filter(readers => Array.isArray(readers))
  const [first, ...others] = scopes
  if (first !== undefined)
    return others.reduce((one, other) => one.flatMap(a => other.map(b => [...new Set([...a, ...b])])), first)
  return all.includes('signed in') ? 'signed in' : 'everyone'
}

const signatureOf = ({ arguments: given = [], type }: FieldDefinitionNode): string => {
  const taken = given.map(argument => `${argument.name.value}: ${print(argument.type)}`)
  return `${taken.length === 0 ? '' : `(${taken.join(', ')})`}: ${print(type)}`
}

const namedType = ({ type }: FieldDefinitionNode): string => print(type).replaceAll(/[[\]!]/g, '')

const argumentsOf = (directives: readonly DirectiveNode[] | undefined = [], name: string) =>
  directives
    .filter(directive => directive.name.value === name)
    .map(({ arguments: given = [] }) =>
      Object.fromEntries(given.map(({ name: key, value }) => [key.value, valueFromASTUntyped(value)])),
    )
