import { readFileSync } from 'node:fs'
import { readRoverConfig } from '@supergraph/composition/rover-config.ts'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import type { Services } from '../api/services.ts'
import { toClientOperation } from '../client-operation.ts'
import { addGraph, listGraphs } from '../database/graph-store.ts'
import { addKey } from '../database/key-store.ts'
import { addOperations } from '../database/operation-store.ts'
import { demoRef } from './demo-ref.ts'

const root = new URL('../../', import.meta.url)

/** Gives a registry without graphs the one of this repository, with its recorded operations and an admin's key of this secret. */
export const addDemoGraph = async (
  { database, changes }: Pick<Services, 'database' | 'changes'>,
  secret: string,
): Promise<void> => {
  if ((await listGraphs(database)).length > 0) return
  const { graph } = demoRef
  const subgraphs = readRoverConfig(path => readFileSync(new URL(path, root), 'utf8'))
  await addGraph(database, graph)
  await addKey(database, { graph, role: 'admin' }, { note: 'demo', secret })
  await addOperations(database, graph, readRecordedOperations().map(toClientOperation))
  await changes.publishAll(demoRef, subgraphs, {
    author: 'npm start',
    message: 'the graph of this repository',
  })
}
