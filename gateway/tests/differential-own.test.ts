import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { compareExecutors } from './differential/differential.ts'

const supergraphSdl = readSupergraph()
const names = loadSupergraph(supergraphSdl).subgraphs.map(({ name }) => name)
const sdlOf = (name: string) =>
  readFileSync(new URL(`../../subgraphs/${name}/schema.graphql`, import.meta.url), 'utf8')
const scopes = [...new Set(supergraphSdl.match(/[a-z]+:[a-z]+/g))]

it('answers 2,000 operations on our own graph as Apollo does, whatever goes wrong', async () => {
  const { differences, withData, withErrors } = await compareExecutors(
    {
      supergraphSdl,
      subgraphs: Object.fromEntries(names.map(name => [name, sdlOf(name)])),
      viewer: { kind: 'user', id: 'ada', scopes, sessionId: 'first' },
    },
    { seed: 'own', count: 2_000, kinds: ['nothing', 'nulls', 'errors', 'lies', 'outages'] },
  )
  expect(differences.slice(0, 3)).toEqual([])
  expect(withData).toBeGreaterThan(1_500)
  expect(withErrors).toBeGreaterThan(400)
}, 240_000)
