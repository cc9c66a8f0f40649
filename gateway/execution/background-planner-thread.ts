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
