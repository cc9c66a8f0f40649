import { defineNumber } from '@supergraph/metrics/metrics.ts'
import { viewerKey } from '@supergraph/runtime/identity.ts'
import { clientGone } from '../errors.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { Changes } from '../subgraphs/changes.ts'
import type { Gone } from '../subgraphs/departure.ts'
import { Shared } from '../subgraphs/policies/shared.ts'
import { createSharing } from '../subgraphs/policies/sharing.ts'
import { tellShared } from '../subgraphs/policies/traced.ts'
import type { Answer } from './answer.ts'
import type { PreparedOperation } from './prepared-operation.ts'

/** Executes a query, or waits for the run of an equal one under way. */
export type ShareRun = ReturnType<typeof createShareRun>

/** Executes a query; gives up when `gone` says so. */
type Execute = (gone: Gone | undefined) => Promise<Answer>

// n.b. V8 hashes a text of more than 16,383 characters by its length alone
const maxValuesLength = 4_096

const joined = defineNumber({
  kind: 'count',
  name: 'supergraph_operations_joined_total',
  help: 'Queries that were not executed, since an equal one was under way for the same viewer.',
  labels: [],
}).of({})

/**
 * Executes equal queries once: of one plan, with the same values, by one viewer from one address, of which the first began
 * at most `joinableMs` ago and since the last change. Throws as soon as the own client has gone; the run goes on until the
 * last one has.
 */
export const createShareRun = (joinableMs: number, changes: Changes) => {
  const sharing = createSharing<Shared<Answer>>(joinableMs, changes)

  return async (
    { plan, values }: Pick<PreparedOperation, 'plan' | 'values'>,
    { viewer, clientAddress = '', gone }: OperationContext,
    execute: Execute,
  ): Promise<Answer> => {
    if (gone?.aborted) throw clientGone()
    const variables = JSON.stringify(values)
    if (variables.length > maxValuesLength) return execute(gone)
    const query = { document: plan, identity: viewerKey(viewer), variables: `${clientAddress} ${variables}` }
    const begin = (): Shared<Answer> => {
      const run = new Shared(
        execute,
        answer => answer,
        () => sharing.remove(query, run),
      )
      sharing.add(query, run)
      return run
    }
    try {
      const known = sharing.find(query)
      if (known !== undefined) {
        joined.value += 1
        tellShared(known)
      }
      return await (known ?? begin()).wait(gone)
    } catch (error) {
      throw gone?.aborted ? clientGone() : error
    }
  }
}
