import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { widenIntVariables } from '@supergraph/subgraph/int-variables.ts'
import { type DocumentNode, GraphQLError, Kind, type OperationDefinitionNode, parse, validate } from 'graphql'
import { expandedSize } from './expanded-size.ts'
import type { Finding } from './finding.ts'
import { nameOperation, type RecordedOperation } from './graph-changes.ts'
import { lossOf, type PlannedOperation } from './outage.ts'
import { partOfSupergraph } from './part-of-supergraph.ts'
import { fetchesIn, sizeOfPlan } from './planned-fetches.ts'
import { createQueryPlanner, type PlannedNode, planDocument } from './query-planner.ts'
import { changedDefinitions, createTouchedBy } from './touched-types.ts'

const maxOperations = 1_000
// n.b. fragments in fragments can make of a short text what nobody plans; the largest recorded operation has 58
const maxSelections = 2_000

/**
 * What a supergraph that follows another one does to operations that stay valid: a WARN for each that needs more requests to
 * subgraphs than before, or more of them one after another, and for each that loses its whole answer while a subgraph is away
 * which it did not lose before. Plans those of the first 1,000 operations that the change can touch, and says so if there are
 * more.
 */
export const findBlastRadius = (
  base: string,
  next: string,
  operations: readonly RecordedOperation[],
): readonly Finding[] => {
  if (base === next || operations.length === 0) return []
  const graphs = { base: parse(base, { noLocation: true }), next: parse(next, { noLocation: true }) }
  const asked = operations.slice(0, maxOperations).flatMap(findOperations)
  const touched = touchedOperations(graphs, asked)
  const found = touched.length === 0 ? [] : planAll(graphs, touched)
  if (operations.length <= maxOperations) return found
  const message = `only ${maxOperations} of ${operations.length} operations were planned`
  return [...found, { status: 'WARN', code: 'OPERATIONS_NOT_PLANNED', path: '', message, operations: [] }]
}

type Asked = {
  readonly recorded: RecordedOperation
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
}
/** An operation that a change can touch, and the subgraphs that its plans can ask, before and after. */
type TouchedOperation = Asked & { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> }

const findOperations = (recorded: RecordedOperation): readonly Asked[] =>
  unlessTooDeep(() => {
    const document = parse(recorded.text, { noLocation: true })
    return document.definitions.flatMap(operation =>
      operation.kind === Kind.OPERATION_DEFINITION && expandedSize(document, operation) <= maxSelections
        ? [{ recorded, document, operation }]
        : [],
    )
  }) ?? []

const touchedOperations = ({ base, next }: Graphs, asked: readonly Asked[]): readonly TouchedOperation[] => {
  const changed = changedDefinitions(base, next)
  const [touchedBefore, touchedAfter] = [createTouchedBy(base), createTouchedBy(next)]
  return asked.flatMap(each => {
    const both = unlessTooDeep(() =>
      [touchedBefore, touchedAfter].map(touch => touch(each.document, each.operation)),
    )
    const [before, after] = both ?? []
    // n.b. what asks no subgraph, such as { __typename }, has no plan
    const isTouched =
      both?.every(({ graphs }) => graphs.size > 0) &&
      both.some(({ types }) => [...types].some(type => changed.has(type)))
    return before && after && isTouched ? [{ ...each, before: before.graphs, after: after.graphs }] : []
  })
}

const planAll = ({ base, next }: Graphs, touched: readonly TouchedOperation[]): readonly Finding[] => {
  const before = createPlans(
    partOfSupergraph(base, new Set(touched.flatMap(({ before: graphs }) => [...graphs]))),
  )
  const after = createPlans(
    partOfSupergraph(next, new Set(touched.flatMap(({ after: graphs }) => [...graphs]))),
  )
  return touched.flatMap(({ recorded, document, operation: { name } }) => {
    const [old, now] = [before.plan(document, name?.value), after.plan(document, name?.value)]
    if (old === undefined || now === undefined) return []
    const say = (code: string, message: string): Finding => ({
      status: 'WARN',
      code,
      path: recorded.file,
      message,
      operations: [nameOperation(recorded, document)],
    })
    return [
      ...longer(old.node, now.node).map(message => say('OPERATION_NEEDS_MORE_FETCHES', message)),
      ...outages([before, old], [after, now]).map(message => say('OPERATION_LOST_IN_OUTAGE', message)),
    ]
  })
}

type Graphs = { readonly base: DocumentNode; readonly next: DocumentNode }
type Plans = ReturnType<typeof createPlans>
type Planned = PlannedOperation & { readonly node: PlannedNode }

const createPlans = (part: DocumentNode) => {
  const supergraph = Supergraph.build(part, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
  const apiSchema = supergraph.apiSchema()
  const schema = apiSchema.toGraphQLJSSchema()
  const planner = createQueryPlanner(supergraph)
  return {
    schema,
    /** The plan of an operation; undefined if it is not valid. */
    plan: (recorded: DocumentNode, operationName: string | undefined): Planned | undefined =>
      unlessTooDeep(() => {
        const document = widenIntVariables(schema, recorded)
        const operation = document.definitions.find(
          definition =>
            definition.kind === Kind.OPERATION_DEFINITION && definition.name?.value === operationName,
        )
        if (operation?.kind !== Kind.OPERATION_DEFINITION || validate(schema, document).length > 0)
          return undefined
        const node = planDocument({ planner, apiSchema }, document, { operationName })
        return { document, operation, node, fetches: fetchesIn(node) }
      }),
  }
}

const longer = (old: PlannedNode, now: PlannedNode): readonly string[] => {
  const [before, after] = [sizeOfPlan(old), sizeOfPlan(now)]
  if (after.fetches <= before.fetches && after.steps <= before.steps) return []
  return [
    `needs ${count(after.fetches)} to subgraphs, before ${before.fetches}; one after another ${after.steps}, before ${before.steps}`,
  ]
}

const count = (requests: number): string => (requests === 1 ? '1 request' : `${requests} requests`)

const outages = (
  [before, old]: readonly [Plans, Planned],
  [after, now]: readonly [Plans, Planned],
): readonly string[] =>
  [...new Set(now.fetches.map(({ subgraph }) => subgraph))].flatMap(subgraph => {
    const { isTotal, culprit } = lossOf(after.schema, now, subgraph)
    if (!isTotal || culprit === undefined || lossOf(before.schema, old, subgraph).isTotal) return []
    return [`loses its whole answer while ${subgraph} is away, since ${culprit} can't be null`]
  })

/** n.b. who parses, validates and plans calls itself for each level of a document. */
const unlessTooDeep = <T>(act: () => T): T | undefined => {
  try {
    return act()
  } catch (error) {
    if (error instanceof GraphQLError || error instanceof RangeError) return undefined
    throw error
  }
}
