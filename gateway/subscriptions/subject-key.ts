import { hash } from 'node:crypto'
import type { PlanNode } from '@apollo/query-planner'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { type DocumentNode, visit } from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'
import type { PreparedOperation } from '../execution/prepared-operation.ts'
import type { Upstream } from '../subgraphs/upstream.ts'
import type { EventOperation } from './event-operation.ts'

/** Gives subscriptions a key: those with equal keys get equal answers to equal events, for the same viewer. */
export const createSubjectKey =
  (isToldClientAddress: (service: string) => boolean) =>
  (
    { document, operation, queryHash }: ClientOperation,
    { plan, values }: Pick<PreparedOperation, 'plan' | 'values'>,
    { eventOperation, upstream }: { readonly eventOperation: EventOperation; readonly upstream: Upstream },
    { viewer, clientAddress }: { readonly viewer: Viewer; readonly clientAddress?: string | undefined },
  ): string => {
    const { node } = plan.queryPlan
    const asksWithAddress = node?.kind !== 'Subscription' && servicesOf(node).some(isToldClientAddress)
    const given = eventOperation.resumable?.givenIn
    // n.b. the cursor is no part of the key, unless it is more than the cursor
    const isOnlyCursor = given !== undefined && usesOf(document, given) === 1
    const others = Object.entries(values).filter(([name]) => !isOnlyCursor || name !== given)
    const parts = [
      upstream.url,
      eventOperation.query,
      queryHash,
      document.definitions.indexOf(operation),
      viewer,
      asksWithAddress ? clientAddress : undefined,
      plan.overrides,
      others.toSorted(([one], [other]) => (one < other ? -1 : 1)),
    ]
    return hash('sha256', JSON.stringify(parts), 'base64url')
  }

const usesOf = (document: DocumentNode, variable: string): number => {
  let uses = 0
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      if (name.value === variable) uses += 1
    },
  })
  return uses
}

const servicesOf = (node: PlanNode | undefined): readonly string[] => {
  switch (node?.kind) {
    case undefined:
      return []
    case 'Fetch':
      return [node.serviceName]
    case 'Flatten':
      return servicesOf(node.node)
    case 'Condition':
      return [...servicesOf(node.ifClause), ...servicesOf(node.elseClause)]
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap(servicesOf)
    case 'Defer':
      throw new Error('the gateway plans no deferred parts')
    default:
      return node satisfies never
  }
}
