import { join } from 'node:path'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { checkSubgraph } from '@supergraph/registry/checks.ts'
import { createComposers } from '@supergraph/registry/composer/composer.ts'
import { readCheck } from '@supergraph/registry/database/check-store.ts'
import { listVariants } from '@supergraph/registry/database/graph-store.ts'
import { findGrant } from '@supergraph/registry/database/key-store.ts'
import { openRegistryDatabase } from '@supergraph/registry/database/open.ts'
import { addUsage } from '@supergraph/registry/database/usage-store.ts'
import { listVersions, readSupergraph } from '@supergraph/registry/database/version-store.ts'
import { createVariantChanges } from '@supergraph/registry/variant-changes.ts'
import { expect, it, onTestFinished } from 'vitest'
import { runNode } from '../../testbed/run-program.ts'
import { readArguments } from './arguments.ts'
import { describeUsage } from './usage.ts'

const openRegistry = async () => {
  const { url, drop } = await createTestDatabase()
  onTestFinished(drop)
  const database = await openRegistryDatabase(url)
  onTestFinished(() => database.destroy())
  const run = (...args: readonly string[]) =>
    runNode([join(import.meta.dirname, 'registry.ts'), ...args], {
      PATH: process.env.PATH,
      DATABASE_URL: url,
    })
  return { database, run }
}

const said = (status: number, text: string | RegExp) => ({ status, output: expect.stringMatching(text) })

it('makes a graph and a key to it, which it shows once, and revokes the key', async () => {
  const { database, run } = await openRegistry()
  expect(await run('graphs', 'add', 'shop')).toEqual(said(0, 'shop is there'))
  const made = await run('keys', 'add', 'shop', '--role', 'publish', '--note', 'CI')
  expect(made).toEqual(said(0, /^service:shop:[\w-]{43}\n$/))
  const key = made.output.trim()
  expect(await findGrant(database, key)).toEqual({ graph: 'shop', role: 'publish' })
  const listed = await run('keys', 'shop')
  expect(listed).toEqual(said(0, /^1 +publish +20.* CI$/m))
  expect(listed.output).not.toContain(key.split(':')[2])
  expect(await run('keys', 'revoke', 'shop', '1')).toEqual(said(0, 'is invalid now'))
  expect(await findGrant(database, key)).toBeUndefined()
})

it('lists versions and rolls back to one', async () => {
  const { database, run } = await openRegistry()
  await run('graphs', 'add', 'shop')
  const changes = createVariantChanges(database, { compose: async subgraphs => composeSubgraphs(subgraphs) })
  const ref = { graph: 'shop', variant: 'current' }
  for (const field of ['one', 'two']) {
    const users = { name: 'users', url: 'http://users', sdl: `type Query { ${field}: Int }` }
    await changes.publish(ref, users, { author: 'ada', message: `has ${field}` })
  }
  expect(await run('roll-back', 'shop@current', '1', '--message', 'two is slow')).toEqual(
    said(0, 'shop@current is at version 3, which is as 1 was'),
  )
  expect(await run('roll-back', 'shop@current', '99')).toEqual({
    status: 1,
    output: 'shop@current has no version 99; its latest is 3\n',
  })
  const { output } = await run('versions', 'shop@current')
  expect(output).toMatch(/^3 \(served\) .* roll back to 1 +yes .* two is slow$/m)
  expect(output).toMatch(/^2 .* publish users +yes +ada +has two$/m)
})

it('sets the share of a label, lists what moves, and forgets the share when the label is gone', async () => {
  const { database, run } = await openRegistry()
  await run('graphs', 'add', 'shop')
  const changes = createVariantChanges(database, { compose: async subgraphs => composeSubgraphs(subgraphs) })
  const ref = { graph: 'shop', variant: 'current' }
  const signature = { author: 'ada', message: '' }
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])`
  const sdl = (directive: string) =>
    `${link} type Product @key(fields: "id") { id: ID! rating: Int ${directive} }`
  const products = {
    name: 'products',
    url: 'http://products',
    sdl: `${sdl('')} type Query { product: Product }`,
  }
  const reviews = (directive: string) => ({ name: 'reviews', url: 'http://reviews', sdl: sdl(directive) })
  const moving = reviews('@override(from: "products", label: "move-rating")')
  const served = async () => {
    const [latest] = await listVersions(database, ref, 1)
    return (await readSupergraph(database, ref, latest?.number ?? 0))?.supergraph
  }
  const set = (label: string, share: number) => changes.setShare(ref, { label, share }, signature)
  await changes.publish(ref, products, signature)
  await expect(set('move-rating', 25)).rejects.toThrow(
    'no field of shop@current has the label move-rating; there is no label to set',
  )
  await changes.publish(ref, moving, signature)
  expect(await run('labels', 'set', 'shop@current', 'move-rating', '25', '--message', 'careful')).toEqual(
    said(0, 'shop@current is at version 3: move-rating has 25 % of traffic'),
  )
  expect(await run('labels', 'shop@current')).toEqual(said(0, /^move-rating +25 % +Product.rating$/m))
  expect(await served()).toContain('overrideLabel: "percent(25)"')
  expect((await set('move-rating', 25)).number).toBe(3)
  await expect(set('move-ratings', 50)).rejects.toThrow('has the label move-ratings; there are: move-rating')

  const [variant] = await listVariants(database, ref.graph)
  if (variant === undefined) throw new Error('there is no variant')
  const services = { database, composer: createComposers().composerOf(undefined) }
  const changesSupergraph = async (sdl: string) => {
    const window = { seconds: 3_600, minRequests: 1, minShare: 0 }
    const proposal = { ref, variant, subgraph: { name: 'products', sdl }, commit: undefined, window }
    return (await readCheck(database, await checkSubgraph(services, proposal)))?.outcome.changesSupergraph
  }
  expect(await changesSupergraph(products.sdl)).toBe(false)
  expect(await changesSupergraph(`${products.sdl} scalar Other`)).toBe(true)

  // n.b. another publish keeps the share, a broken one too; a roll-back brings that of its version
  await changes.publish(ref, { ...products, sdl: `${products.sdl} scalar Other` }, signature)
  await changes.publish(ref, { ...products, sdl: 'type Query { a: Missing }' }, signature)
  await expect(set('move-rating', 50)).rejects.toThrow('does not compose')
  await changes.publish(ref, products, signature)
  expect(await served()).toContain('overrideLabel: "percent(25)"')
  await set('move-rating', 50)
  const versions = await listVersions(database, ref, 7)
  expect(versions.map(({ number, change }) => `${number} ${change}`)).toContain('7 set move-rating to 50 %')
  await changes.rollBack(ref, 3, signature)
  expect(await served()).toContain('overrideLabel: "percent(25)"')

  await changes.publish(ref, reviews('@override(from: "products")'), signature)
  await changes.publish(ref, moving, signature)
  expect(await served()).toContain('overrideLabel: "move-rating"')
})

it('tells which operations clients ran, and who uses a field', async () => {
  const { database, run } = await openRegistry()
  await run('graphs', 'add', 'shop')
  const changes = createVariantChanges(database, { compose: async subgraphs => composeSubgraphs(subgraphs) })
  const ref = { graph: 'shop', variant: 'current' }
  const users = { name: 'users', url: 'http://users', sdl: 'type Query { one: Int two: Int }' }
  await changes.publish(ref, users, { author: 'ada', message: '' })
  expect(await run('usage', 'shop@current')).toEqual(said(1, 'no gateway has reported usage of shop@current'))
  const operation = { name: 'One', signature: 'query One { one }' }
  const clients = [{ name: 'web', version: '1.2', requests: 1_234 }]
  await addUsage(database, ref, { operations: [{ ...operation, clients }], otherRequests: 0 })
  expect(await run('usage', 'shop@current')).toEqual(
    said(0, /^One +web +1\.2 +1,234 +20.*\n\n1,234 requests since 20/m),
  )
  expect(await describeUsage(database, { ref, days: 7, of: { field: 'Query.two' } })).toMatch(
    /^no operation uses Query\.two\n/,
  )
  expect(await describeUsage(database, { ref, days: 7, of: { field: 'Query.one' } })).toMatch(/^One +web/m)
  expect(await describeUsage(database, { ref, days: 7, of: 'fields' })).toMatch(
    /^Query\.one +1,234 +One\nQuery\.two +0$/m,
  )
  await expect(describeUsage(database, { ref, days: 7, of: { field: 'Query.three' } })).rejects.toThrow(
    'shop@current has no field Query.three',
  )
})

it('records the operations of the repository, each once', async () => {
  const { run } = await openRegistry()
  await run('graphs', 'add', 'shop')
  expect(await run('operations', 'shop')).toEqual(said(0, /^\d+ operations are new/))
  expect(await run('operations', 'shop')).toEqual(said(0, /^0 operations are new; shop has \d+/))
})

it('says what is wrong with a call', async () => {
  const { run } = await openRegistry()
  expect(await run('keys', 'add', 'shop', '--role', 'check')).toEqual(said(1, 'there is no graph shop'))
  expect(await run('keys', 'add', 'shop')).toEqual(said(2, 'say what the key may do'))
  expect(await run('graphs', 'add', '1 shop')).toEqual(said(2, 'name a graph'))
  const set = (...args: readonly string[]) => readArguments(['labels', 'set', 'shop@current', ...args])
  expect(() => set('move', '101')).toThrow('which share of traffic')
  expect(() => set('percent(3)', '1')).toThrow('name the label')
  expect(() => set('move', '5', '--role', 'check')).toThrow('takes no --role')
  expect(await run('versions', 'shop@current', '--role', 'check')).toEqual(said(2, 'takes no --role'))
})
