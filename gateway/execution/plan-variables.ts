import { type DocumentNode, Kind, type OperationDefinitionNode, visit } from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'

type Values = Readonly<Record<string, unknown>>

/** Gives the variables of a plan their values, by the values that a client gives to its own. */
export type ValuesOf = (given: Values) => Values

/** An operation that can be planned, and which names its variables have instead of the client's. */
export type FreedOperation = Pick<ClientOperation, 'document' | 'operation'> & {
  readonly renamed: ReadonlyMap<string, string>
}

// n.b. fetches of entities declare `representations`, and those that are several in one request `representations0` and so on
const takenByFetches = /^representations\d*$/

/** Renames the variables that a client calls as fetches call their own. */
export const freeVariables = ({
  document,
  operation,
}: Pick<ClientOperation, 'document' | 'operation'>): FreedOperation => {
  const declared = new Set(operation.variableDefinitions?.map(({ variable }) => variable.name.value))
  const taken = [...declared].filter(name => takenByFetches.test(name))
  if (taken.length === 0) return { document, operation, renamed: none }
  const renamed = new Map(taken.map(name => [name, freeName(name, declared)]))
  const rename = <N extends DocumentNode | OperationDefinitionNode>(node: N): N =>
    visit(node, {
      Variable: variable => {
        const value = renamed.get(variable.name.value)
        return value === undefined ? undefined : { ...variable, name: { kind: Kind.NAME, value } }
      },
    })
  const others = document.definitions.filter(
    node => node !== operation && node.kind !== Kind.OPERATION_DEFINITION,
  )
  const freed = rename(operation)
  return {
    document: {
      ...document,
      definitions: [freed, ...rename({ ...document, definitions: others }).definitions],
    },
    operation: freed,
    renamed,
  }
}

const none: ReadonlyMap<string, string> = new Map()

const freeName = (name: string, declared: Set<string>): string => {
  let free = `${name}_`
  while (declared.has(free)) free += '_'
  declared.add(free)
  return free
}

/** Gives plan variables their values: a literal its own, and a renamed one what its client's variable has. */
export const createValuesOf = (renamed: ReadonlyMap<string, string>, literals: Values): ValuesOf => {
  if (renamed.size === 0)
    return Object.keys(literals).length === 0 ? given => given : given => ({ ...given, ...literals })
  return given => {
    const values: Record<string, unknown> = { ...given }
    for (const [name, free] of renamed) {
      delete values[name]
      // n.b. a client may send what it has not declared
      delete values[free]
      if (Object.hasOwn(given, name)) values[free] = given[name]
    }
    return { ...values, ...literals }
  }
}
