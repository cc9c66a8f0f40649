import { hash } from 'node:crypto'
import type { FetchNode, PlanNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  parse,
  print,
  type StringValueNode,
  stripIgnoredCharacters,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { PlanKeys } from './plan-keys.ts'

/** A plan to be told: what it fetches, the fetch that brings a subscription's events, and for which document. */
export type ToldPlan = {
  readonly steps: PlanNode | undefined
  /** The numbers of the fetches in `steps`. */
  readonly numbers: ReadonlyMap<FetchNode, number>
  readonly events: FetchNode | undefined
  readonly document: DocumentNode
  readonly schema: GraphQLSchema
  readonly keys: Pick<PlanKeys, 'toClient'>
}

/** A plan in words: the text is undefined if the plan is too large to be told. */
export type PlanDescription = { readonly id: string; readonly text: string | undefined }

const maxOperationsLength = 64_000
const maxTextLength = 32_000
const maxFields = 1_000

/** Gives each fetch of a plan a number, in the order in which they stand. */
export const numberFetches = (node: PlanNode | undefined): ReadonlyMap<FetchNode, number> =>
  new Map(fetchesIn(node).map((fetch, index) => [fetch, index]))

const fetchesIn = (node: PlanNode | undefined): readonly FetchNode[] => {
  switch (node?.kind) {
    case undefined:
      return []
    case 'Fetch':
      return [node]
    case 'Flatten':
      return fetchesIn(node.node)
    case 'Condition':
      return [...fetchesIn(node.ifClause), ...fetchesIn(node.elseClause)]
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap(fetchesIn)
    case 'Defer':
      throw new Error('the gateway plans no deferred parts')
    default:
      return node satisfies never
  }
}

/** The fetches of a plan that wait for no other. */
export const firstFetchesIn = (node: PlanNode | undefined): readonly FetchNode[] => {
  switch (node?.kind) {
    case 'Sequence':
      return firstFetchesIn(node.nodes[0])
    case 'Parallel':
      return node.nodes.flatMap(firstFetchesIn)
    case 'Condition':
      return [...firstFetchesIn(node.ifClause), ...firstFetchesIn(node.elseClause)]
    default:
      return fetchesIn(node)
  }
}

/**
 * Describes a plan as JSON, without any value: its fetches by their numbers, their paths as clients know them, and the fields
 * that the operation selects.
 */
export const describePlan = ({
  steps,
  numbers,
  events,
  document,
  schema,
  keys,
}: ToldPlan): PlanDescription => {
  const fetches = [...numbers.keys(), ...(events === undefined ? [] : [events])]
  const operations = fetches.map(({ serviceName, operation }) => `${serviceName} ${operation}`).join('\n')
  if (operations.length > maxOperationsLength) return { id: idOf(operations), text: undefined }
  const describe = (node: PlanNode, path: readonly string[]): object => {
    switch (node.kind) {
      case 'Fetch':
        return { kind: 'fetch', number: numbers.get(node), path: keys.toClient(path), ...describeFetch(node) }
      case 'Flatten':
        return describe(node.node, [...path, ...node.path.map(String)])
      case 'Condition':
        return {
          kind: 'condition',
          variable: node.condition,
          ifTrue: node.ifClause && describe(node.ifClause, path),
          ifFalse: node.elseClause && describe(node.elseClause, path),
        }
      case 'Sequence':
      case 'Parallel':
        return { kind: node.kind.toLowerCase(), nodes: node.nodes.map(inner => describe(inner, path)) }
      case 'Defer':
        throw new Error('the gateway plans no deferred parts')
      default:
        return node satisfies never
    }
  }
  const text = JSON.stringify({
    events: events && { kind: 'fetch', path: [], ...describeFetch(events) },
    steps: steps && describe(steps, []),
    fields: fieldsOf(document, schema),
  })
  return { id: idOf(text), text: text.length > maxTextLength ? undefined : text }
}

const idOf = (text: string): string => hash('sha256', text).slice(0, 16)

const describeFetch = ({ serviceName, operation, requires }: FetchNode): object => ({
  subgraph: serviceName,
  operation: stripIgnoredCharacters(print(withoutValues(parse(operation, { noLocation: true })))),
  requires: requires?.map(requirementText).join(' '),
})

const requirementText = (node: QueryPlanSelectionNode): string => {
  const inner = node.selections?.length ? ` { ${node.selections.map(requirementText).join(' ')} }` : ''
  return node.kind === Kind.FIELD ? `${node.name}${inner}` : `... on ${node.typeCondition}${inner}`
}

const anyValue: StringValueNode = { kind: Kind.STRING, value: '…' }

/** n.b. a literal beside a variable, such as a password, stays in the plan. */
const withoutValues = (document: DocumentNode): DocumentNode =>
  visit(document, {
    StringValue: () => anyValue,
    IntValue: () => anyValue,
    FloatValue: () => anyValue,
  })

/** The fields that a document selects, such as `Product.name`. */
const fieldsOf = (document: DocumentNode, schema: GraphQLSchema): readonly string[] => {
  const types = new TypeInfo(schema)
  const fields = new Set<string>()
  const note = () => {
    const [parent, field] = [types.getParentType(), types.getFieldDef()]
    if (parent && field && !field.name.startsWith('__') && fields.size < maxFields)
      fields.add(`${parent.name}.${field.name}`)
  }
  visit(document, visitWithTypeInfo(types, { Field: note }))
  return [...fields]
}
