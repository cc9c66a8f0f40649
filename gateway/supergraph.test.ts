import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { loadSupergraph } from './supergraph.ts'

const lockfile = z.object({ packages: z.record(z.string(), z.unknown()) })

it('has one copy of the federation internals installed, for two make every query answer 500', () => {
  const { packages } = lockfile.parse(
    JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')),
  )
  const copies = Object.keys(packages).filter(path =>
    path.endsWith('node_modules/@apollo/federation-internals'),
  )
  expect(copies).toEqual(['node_modules/@apollo/federation-internals'])
})

it('loads the composed supergraph with its five subgraphs', () => {
  const sdl = readFileSync(new URL('../schema/supergraph.graphql', import.meta.url), 'utf8')
  const { subgraphs, schema } = loadSupergraph(sdl)
  expect(subgraphs.map(({ name }) => name).sort()).toEqual([
    'analytics',
    'notifications',
    'orders',
    'products',
    'users',
  ])
  expect(schema.getSubscriptionType()?.getFields()).toHaveProperty('orderUpdated')
})
