import { expect, it } from 'vitest'
import { awkwardSubgraphs, awkwardSupergraph } from './differential/awkward-graph.ts'
import { compareExecutors } from './differential/differential.ts'

const awkward = {
  supergraphSdl: awkwardSupergraph(),
  subgraphs: awkwardSubgraphs,
  viewer: { kind: 'anonymous' },
} as const

it('answers 1,500 operations on an awkward graph as Apollo does, with random nulls', async () => {
  const { differences, withData } = await compareExecutors(awkward, {
    seed: 'awkward',
    count: 1_500,
    kinds: ['nothing', 'nulls'],
  })
  expect(differences.slice(0, 3)).toEqual([])
  expect(withData).toBeGreaterThan(1_000)
}, 240_000)
