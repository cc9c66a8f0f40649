import { parentPort } from 'node:worker_threads'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { checkGraph } from '@supergraph/composition/graph-check.ts'
import type { Outcome, Work } from './composer.ts'

parentPort?.on('message', async ({ compose, check }: Partial<Work>) => {
  if (compose !== undefined) say(composeSubgraphs(compose))
  if (check !== undefined) say(await checkGraph(check.next, check.base))
})

const say = (outcome: Outcome[keyof Outcome]): void => parentPort?.postMessage(outcome)
