import { expect, it } from 'vitest'
import { awkwardSubgraphs, awkwardSupergraph } from './differential/awkward-graph.ts'
import { compareExecutors } from './differential/differential.ts'

const awkward = {
  supergraphSdl: awkwardSupergraph(),
  subgraphs: awkwardSubgraphs,
  viewer: { kind: 'anonymous' },
} as const

it('answers 1,600 operations as Apollo does while subgraphs fail, lie or are away, apart from wanted differences', async () => {
  const { differences, withErrors } = await compareExecutors(awkward, {
    seed: 'failures',
    count: 1_600,
    kinds: ['errors', 'lies', 'outages'],
  })
  expect(differences.slice(0, 3)).toEqual([])
  expect(withErrors).toBeGreaterThan(600)
}, 240_000)
