import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { loadSupergraph } from './supergraph.ts'

const lockfile = z.object({ packages: z.record(z.string(), z.unknown()) })

it('has one copy of the federation internals installed, because with two every query answers 500', () => {
  const { packages } = lockfile.parse(
    JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')),
  )
  const copies = Object.keys(packages).filter(path =>
    path.endsWith('node_modules/@apollo/federation-internals'),
  )
  expect(copies).toEqual(['node_modules/@apollo/federation-internals'])
})

it('loads the composed supergraph with the subgraphs of rover.yaml', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const { subgraphs, schema } = loadSupergraph(read('../schema/supergraph.graphql'))
  const composed = z
    .object({ subgraphs: z.record(z.string(), z.unknown()) })
    .parse(parse(read('../rover.yaml')))
  expect(subgraphs.map(({ name }) => name).sort()).toEqual(Object.keys(composed.subgraphs).sort())
  expect(schema.getSubscriptionType()?.getFields()).toHaveProperty('orderUpdated')
})
