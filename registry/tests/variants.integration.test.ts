import { hash } from 'node:crypto'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addGraph, listVariants } from '../database/graph-store.ts'
import { findGrant } from '../database/key-store.ts'
import { openRegistryDatabase } from '../database/open.ts'
import { countOperations } from '../database/operation-store.ts'
import { listVersions, readSubgraphs, readSupergraph } from '../database/version-store.ts'
import { addDemoGraph } from '../demo/demo-graph.ts'
import { demoRef } from '../demo/demo-ref.ts'
import { createVariantChanges } from '../variant-changes.ts'

const ref = { graph: 'shop', variant: 'current' }
const signature = { author: 'ada', message: 'because' }

const subgraph = (name: string, field = name) => ({
  name,
  url: `http://${name}`,
  sdl: `type Query { ${field}: Int }`,
})
const broken = { ...subgraph('broken'), sdl: 'type Query { broken: Missing }' }

const open = async (compose: typeof composeSubgraphs = composeSubgraphs, onQuery?: (sql: string) => void) => {
  const { url, drop } = await createTestDatabase()
  onTestFinished(drop)
  const database = await openRegistryDatabase(url, { onQuery })
  onTestFinished(() => database.destroy())
  await addGraph(database, 'shop')
  return {
    database,
    changes: createVariantChanges(database, { compose: async subgraphs => compose(subgraphs) }),
    versions: async () => (await listVersions(database, ref, 100)).toReversed(),
    served: async () => {
      const [variant] = await listVariants(database, ref.graph)
      return variant?.served ? readSupergraph(database, ref, variant.served) : undefined
    },
  }
}

it('keeps each version, with who made it and why', async () => {
  const { changes, versions } = await open()
  await changes.publish(ref, subgraph('users'), signature)
  await changes.publish(ref, subgraph('orders'), { author: 'grace', message: '' })
  await changes.remove(ref, 'users', signature)
  expect(
    (await versions()).map(({ number, change, author, message }) => [number, change, author, message]),
  ).toEqual([
    [1, 'publish users', 'ada', 'because'],
    [2, 'publish orders', 'grace', ''],
    [3, 'delete users', 'ada', 'because'],
  ])
})

it('takes publishes at the same time one after another, and loses none', async () => {
  const { changes, database, versions, served } = await open()
  const names = Array.from({ length: 12 }, (_, index) => `subgraph${index}`)
  await Promise.all(names.map(name => changes.publish(ref, subgraph(name), signature)))
  expect((await versions()).map(({ number }) => number)).toEqual(names.map((_, index) => index + 1))
  const published = await readSubgraphs(database, ref, names.length)
  expect(published.map(({ name }) => name)).toEqual(names.toSorted())
  for (const name of names) expect((await served())?.api).toContain(`${name}: Int`)
})

it('lets others read while publishes wait for each other', async () => {
  const began = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const { database, changes: own } = await open()
  const changes = createVariantChanges(database, {
    compose: async subgraphs => {
      began.resolve()
      await goOn.promise
      return composeSubgraphs(subgraphs)
    },
  })
  const names = Array.from({ length: 20 }, (_, index) => `subgraph${index}`)
  const publishing = names.map(name => changes.publish(ref, subgraph(name), signature))
  await began.promise
  expect(await listVariants(database, ref.graph)).toEqual([])
  const elsewhere = { graph: 'shop', variant: 'elsewhere' }
  expect(await own.publish(elsewhere, subgraph('users'), signature)).toMatchObject({ number: 1 })
  goOn.resolve()
  expect((await Promise.all(publishing)).at(-1)).toMatchObject({ number: names.length })
})

it('serves the last supergraph that composes', async () => {
  const { changes, served } = await open()
  await changes.publish(ref, subgraph('users'), signature)
  const before = await served()
  const outcome = await changes.publish(ref, broken, signature)
  expect(outcome).toMatchObject({
    number: 2,
    hasNewSupergraph: false,
    served: hash('sha256', before?.supergraph ?? ''),
  })
  expect(outcome.errors).toEqual([
    expect.objectContaining({ code: 'INVALID_GRAPHQL', message: '[broken] Unknown type Missing' }),
  ])
  expect(await served()).toEqual(before)
  await changes.publish(ref, subgraph('broken'), signature)
  expect((await served())?.api).toContain('broken: Int')
})

it('serves nothing until something composes', async () => {
  const { changes, served } = await open()
  expect(await changes.publish(ref, broken, signature)).toMatchObject({ served: undefined })
  expect(await served()).toBeUndefined()
})

it('keeps the address of a subgraph that is published without one', async () => {
  const { changes, database } = await open()
  await changes.publish(ref, subgraph('users'), signature)
  await changes.publish(ref, { ...subgraph('users', 'me'), url: undefined }, signature)
  expect(await readSubgraphs(database, ref, 2)).toMatchObject([
    { url: 'http://users', sdl: expect.stringContaining('me') },
  ])
})

describe('a roll-back', () => {
  it('makes a version that is as an earlier one was, to the byte', async () => {
    const { changes, database, served, versions } = await open()
    await changes.publish(ref, subgraph('users'), signature)
    const before = await served()
    await changes.publish(ref, subgraph('users', 'me'), signature)
    expect((await served())?.supergraph).not.toBe(before?.supergraph)
    const outcome = await changes.rollBack(ref, 1, { author: 'operator', message: 'me is slow' })
    expect(outcome).toMatchObject({
      number: 3,
      hasNewSupergraph: true,
      served: hash('sha256', before?.supergraph ?? ''),
    })
    expect((await served())?.supergraph).toBe(before?.supergraph)
    expect(await readSubgraphs(database, ref, 3)).toEqual(await readSubgraphs(database, ref, 1))
    expect((await versions()).at(-1)).toMatchObject({ change: 'roll back to 1', message: 'me is slow' })
  })

  it('is refused to what does not compose or is not there', async () => {
    const { changes, versions } = await open()
    await changes.publish(ref, subgraph('users'), signature)
    await changes.publish(ref, broken, signature)
    await expect(changes.rollBack(ref, 2, signature)).rejects.toThrow(
      'version 2 of shop@current does not compose',
    )
    await expect(changes.rollBack(ref, 9, signature)).rejects.toThrow('has no version 9; its latest is 2')
    expect(await versions()).toHaveLength(2)
  })
})

it('has nothing of a publish that did not end, and takes the next one', async () => {
  let fails = true
  const { changes, database, versions } = await open(subgraphs => {
    if (fails) throw new Error('killed')
    return composeSubgraphs(subgraphs)
  })
  await expect(changes.publish(ref, subgraph('users'), signature)).rejects.toThrow('killed')
  expect(await versions()).toEqual([])
  expect(await listVariants(database, ref.graph)).toEqual([])
  fails = false
  expect(await changes.publish(ref, subgraph('users'), signature)).toMatchObject({
    number: 1,
    wasCreated: true,
  })
})

it('is as before if it ends before any of the statements of a publish, and the next publish finds it so', async () => {
  let left = Number.POSITIVE_INFINITY
  const { changes, versions, served } = await open(composeSubgraphs, () => {
    if (left-- === 0) throw new Error('killed')
  })
  await changes.publish(ref, subgraph('users'), signature)
  const before = { versions: await versions(), served: await served() }
  const publish = () => changes.publish(ref, subgraph('users', 'me'), signature)
  let tried = 0
  for (; ; tried += 1) {
    left = tried
    const outcome = await publish().catch(() => 'killed' as const)
    left = Number.POSITIVE_INFINITY
    if (outcome !== 'killed') break
    expect({ versions: await versions(), served: await served() }).toEqual(before)
  }
  expect(tried).toBeGreaterThan(10)
  expect((await versions()).map(({ number }) => number)).toEqual([1, 2])
  expect((await served())?.api).toContain('me: Int')
})

it('gives an empty registry the graph of this repository once', async () => {
  const { database, changes } = await open()
  await database.query('delete from graphs')
  await addDemoGraph({ database, changes }, 'demo secret')
  await addDemoGraph({ database, changes }, 'demo secret')
  expect(await findGrant(database, 'service:commerce:demo secret')).toEqual({
    graph: 'commerce',
    role: 'admin',
  })
  expect(await countOperations(database, demoRef.graph)).toBeGreaterThan(30)
  expect(await listVariants(database, demoRef.graph)).toEqual([{ name: 'current', latest: 1, served: 1 }])
})
