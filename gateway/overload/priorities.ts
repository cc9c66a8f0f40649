import { argumentsOf, linkedDirectives } from '@supergraph/composition/linked-directives.ts'
import { type DocumentNode, Kind, OperationTypeNode, type SelectionSetNode } from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'
import { fragmentsOf } from '../authorization/selections.ts'

/** How much it matters that an operation is served, the least first: what is under way is shared by this. */
export const priorities = ['report', 'read', 'write', 'checkout'] as const

/** n.b. a probe asks for `__typename` alone, to hear whether the gateway is there: it is never refused */
export type Priority = (typeof priorities)[number] | 'probe'

/** What a supergraph says of the fields at its root. */
export type ShedMarks = {
  /** Tagged with `shed-first`: queries that people can do without for a while. */
  readonly first: ReadonlySet<string>
  /** Tagged with `shed-last`: mutations for which all others make room. */
  readonly last: ReadonlySet<string>
}

const features = { tag: 'https://specs.apollo.dev/tag/v0.3' }

/** Reads which root fields have the tags `shed-first` and `shed-last`. */
export const readShedMarks = (supergraph: DocumentNode): ShedMarks => {
  const tags = new Set(linkedDirectives(supergraph, features).keys())
  const rootTypes = new Set(
    supergraph.definitions
      .flatMap(definition => (definition.kind === Kind.SCHEMA_DEFINITION ? definition.operationTypes : []))
      .map(({ type }) => type.name.value),
  )
  const fields = supergraph.definitions
    .filter(definition => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
    .filter(({ name }) => rootTypes.has(name.value))
    .flatMap(({ fields = [] }) => fields)
  const tagged = (mark: string): ReadonlySet<string> =>
    new Set(
      fields
        .filter(({ directives = [] }) =>
          directives.some(tag => tags.has(tag.name.value) && argumentsOf(tag).name === mark),
        )
        .map(({ name }) => name.value),
    )
  return { first: tagged('shed-first'), last: tagged('shed-last') }
}

// n.b. a page of 20 products costs 70; what costs more can be asked for in smaller pages
const pageCost = 100

/**
 * The priority of a valid operation: of a mutation by its fields, of a query by its fields and its cost. One that asks for
 * something that matters more is served as that.
 */
export const createPriorityOf = ({ first, last }: ShedMarks) => {
  const priorityIn = ({ document, operation }: ClientOperation): Priority => {
    const names = rootFieldsIn(document, operation.selectionSet)
    if (operation.operation === OperationTypeNode.MUTATION)
      return names.some(name => last.has(name)) ? 'checkout' : 'write'
    if (names.length === 0) return 'probe'
    return names.every(name => first.has(name)) ? 'report' : 'read'
  }
  // n.b. of a known document an operation comes as the same object each time
  const known = new WeakMap<ClientOperation, Priority>()
  return (operation: ClientOperation, cost: number): Priority => {
    let priority = known.get(operation)
    if (priority === undefined) {
      priority = priorityIn(operation)
      known.set(operation, priority)
    }
    return priority === 'read' && cost > pageCost ? 'report' : priority
  }
}

const rootFieldsIn = (document: DocumentNode, { selections }: SelectionSetNode): readonly string[] => {
  const fragments = fragmentsOf(document)
  const namesIn = (set: SelectionSetNode): readonly string[] =>
    set.selections.flatMap(node => {
      if (node.kind === Kind.FIELD) return [node.name.value]
      const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node
      return fragment === undefined ? [] : namesIn(fragment.selectionSet)
    })
  return namesIn({ kind: Kind.SELECTION_SET, selections }).filter(name => name !== '__typename')
}
