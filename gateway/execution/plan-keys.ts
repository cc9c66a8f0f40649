import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  visit,
} from 'graphql'
import { keyOf } from '../authorization/selections.ts'

/**
 * The response keys of a plan. n.b. the planner takes an alias that is a field's name for that field: with `id: name`, it
 * would ask for no id, and a name would be the key by which other subgraphs are asked.
 */
export type PlanKeys = {
  /** The key that a field of the operation has in the data of the plan. */
  readonly of: (node: FieldNode) => string
  /** A path of the plan's data as the client knows it. */
  readonly toClient: <P extends readonly (string | number)[]>(path: P) => readonly (string | number)[]
  /** The document to plan. */
  readonly rename: (document: DocumentNode) => DocumentNode
  /** Whether any key differs. */
  readonly areRenamed: boolean
}

/** Tells the response keys by which an operation is planned on a schema of the supergraph. */
export const createPlanKeysOf = (schema: GraphQLSchema): ((document: DocumentNode) => PlanKeys) => {
  const fields = fieldNamesIn(schema)
  return document => {
    const aliases = new Set<string>()
    const misleading = new Set<string>()
    visit(document, {
      Field: node => {
        const { alias } = node
        if (alias === undefined) return
        aliases.add(alias.value)
        if (isMisleading(node, fields)) misleading.add(alias.value)
      },
    })
    if (misleading.size === 0) return unchanged
    const isFree = (name: string) => !fields.has(name) && !aliases.has(name)
    return createPlanKeys(fields, new Map([...misleading].map(alias => [alias, freeName(alias, isFree)])))
  }
}

const isMisleading = ({ alias, name }: FieldNode, fields: ReadonlySet<string>): boolean =>
  alias !== undefined && alias.value !== name.value && fields.has(alias.value)

const freeName = (alias: string, isFree: (name: string) => boolean): string => {
  let name = `as_${alias}`
  while (!isFree(name)) name += '_'
  return name
}

const unchanged: PlanKeys = {
  of: keyOf,
  toClient: path => path,
  rename: document => document,
  areRenamed: false,
}

const createPlanKeys = (fields: ReadonlySet<string>, renamed: ReadonlyMap<string, string>): PlanKeys => {
  const clients = new Map([...renamed].map(([alias, name]) => [name, alias]))
  const of = (node: FieldNode): string => {
    const key = keyOf(node)
    return isMisleading(node, fields) ? (renamed.get(key) ?? key) : key
  }
  return {
    of,
    toClient: path => path.map(key => (typeof key === 'string' ? (clients.get(key) ?? key) : key)),
    rename: document =>
      visit(document, {
        Field: {
          leave: node =>
            isMisleading(node, fields) ? { ...node, alias: { kind: Kind.NAME, value: of(node) } } : undefined,
        },
      }),
    areRenamed: true,
  }
}

/** n.b. those that clients do not see too: they may be keys, or what fields require. */
const fieldNamesIn = (schema: GraphQLSchema): ReadonlySet<string> => {
  const names = new Set(['__typename'])
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type) || isInterfaceType(type))
      for (const name of Object.keys(type.getFields())) names.add(name)
  return names
}
