import { constants, platform, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { Supergraph } from '@apollo/federation-internals'
import { createQueryPlanner, type PlannedNode, planDocument } from '@supergraph/composition/query-planner.ts'
import { parse } from 'graphql'

/** An operation to plan. */
export type PlanRequest = {
  readonly text: string
  readonly operationName: string | undefined
  /** The labels of `@override` that are on. */
  readonly on?: readonly string[]
}

/** What became of a request; of an error, its class would not reach the other thread. */
export type PlanAnswer = { readonly node: PlannedNode } | 'failed'

// n.b. a page does not wait for a core that plans a stranger's document. On Linux this is the priority of the thread alone
if (platform() === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

const supergraph = Supergraph.build(String(workerData))
const parts = { planner: createQueryPlanner(supergraph), apiSchema: supergraph.apiSchema() }

const planned = ({ text, ...options }: PlanRequest): PlanAnswer => {
  try {
    // n.b. a location would take the whole text with it to the other thread
    return { node: planDocument(parts, parse(text, { noLocation: true }), options) }
  } catch {
    return 'failed'
  }
}

const say = (message: PlanAnswer | 'ready') => parentPort?.postMessage(message)

parentPort?.on('message', (request: PlanRequest) => say(planned(request)))
say('ready')
