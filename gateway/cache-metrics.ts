import { defineReading, type Sample } from '@supergraph/metrics/metrics.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import type { Graph } from './graph.ts'
import { knownReplicas, openBreakers, upstreamSubscriptions } from './subgraphs/call-metrics.ts'

const documentLookups = defineReading({
  kind: 'count',
  name: 'supergraph_document_lookups_total',
  help: 'Documents that the gateway looked for among those it knows; result is hit or miss. Begins anew with each supergraph.',
  labels: ['result'],
})

const planLookups = defineReading({
  kind: 'count',
  name: 'supergraph_plan_lookups_total',
  help: 'Plans that were asked for; result is hit, or miss if an operation was planned. Begins anew with each supergraph.',
  labels: ['result'],
})

const cacheBytes = defineReading({
  kind: 'level',
  name: 'supergraph_cache_bytes',
  help: 'What the gateway keeps of documents and plans, in bytes.',
  labels: ['cache'],
})

const servedSupergraph = defineReading({
  kind: 'level',
  name: 'supergraph_served',
  help: '1 for the version of the supergraph that the gateway serves: the first 16 digits of the SHA-256 of its text.',
  labels: ['version'],
})

/** Reads what the graph of now knows, and which subgraphs it calls, until stopped. */
export const watchGraph = (
  now: () => Pick<Graph, 'version' | 'known' | 'planStatistics' | 'connected'>,
): Running => {
  const readings = [
    documentLookups.from(() => {
      const { hits, misses } = now().known.statistics()
      return hitsAndMisses(hits, misses)
    }),
    planLookups.from(() => {
      const { asked, planned } = now().planStatistics()
      return hitsAndMisses(asked - planned, planned)
    }),
    cacheBytes.from(() => [
      [{ cache: 'documents' }, now().known.statistics().bytes],
      [{ cache: 'plans' }, now().planStatistics().bytes],
    ]),
    openBreakers.from(() =>
      now().connected.map(({ service, client }) => [{ subgraph: service }, client.isUsable() ? 0 : 1]),
    ),
    upstreamSubscriptions.from(() =>
      now().connected.map(({ service, upstream }) => [{ subgraph: service }, upstream.count()]),
    ),
    knownReplicas.from(() =>
      now().connected.flatMap(({ service, replicas }) => {
        const { known, out } = replicas.count()
        return [
          [{ subgraph: service, state: 'asked' }, known - out],
          [{ subgraph: service, state: 'out' }, out],
        ]
      }),
    ),
    servedSupergraph.from(() => [[{ version: now().version }, 1]]),
  ]
  return together(readings)
}

const hitsAndMisses = (hits: number, misses: number): readonly Sample<'result'>[] => [
  [{ result: 'hit' }, hits],
  [{ result: 'miss' }, Math.max(0, misses)],
]
