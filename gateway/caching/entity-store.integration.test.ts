import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePorts } from '../../testbed/ports.ts'
import { createMemoryStore, type EntityStore } from './entity-store.ts'
import { connectRedisStore } from './redis-store.ts'

const redis = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'].find(
  existsSync,
)
const isRequired = process.env.CI === 'true'
if (redis === undefined && !isRequired)
  console.warn('Skipped: Redis is not installed, so the cache of entities in Redis goes untested.')

const startRedis = async () => {
  if (redis === undefined)
    throw new Error('Redis is not installed: install redis-server; in CI its test must run.')
  const [port = 0] = await freePorts(1)
  const child = spawn(redis, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  })
  const exited = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  return { url: `redis://127.0.0.1:${port}`, kill }
}

const connect = async (url: string): Promise<EntityStore> => {
  const store = await connectRedisStore(url, createLogger('gateway', 'silent'))
  onTestFinished(() => store.stop())
  const probe = { entity: 'probe', selection: 'probe' }
  await vi.waitFor(async () => {
    store.keep([{ ...probe, text: '1', expiresAtMs: Date.now() + 60_000 }])
    expect(await store.find([probe])).toEqual(['1'])
  }, 10_000)
  return store
}

const stores: readonly (readonly [string, () => Promise<EntityStore>])[] = [
  ['this process', async () => createMemoryStore(100_000)],
  ...(redis !== undefined || isRequired
    ? [['Redis', async () => connect((await startRedis()).url)] as const]
    : []),
]

const mug = { entity: 'Product id "1"', selection: 'name' }
const priceOfMug = { entity: 'Product id "1"', selection: 'price' }
const bowl = { entity: 'Product id "2"', selection: 'name' }
const soon = () => Date.now() + 60_000

describe.each(stores)('entities kept in %s', (_, open) => {
  it('are found by entity and selection, in the order asked for, until their time is over', async () => {
    const store = await open()
    store.keep([
      { ...mug, text: '{"name":"Mug ☕ \\n"}', expiresAtMs: soon() },
      { ...bowl, text: '{"name":"Bowl"}', expiresAtMs: Date.now() + 1 },
    ])
    await vi.waitFor(async () =>
      expect(await store.find([priceOfMug, bowl, mug])).toEqual([
        undefined,
        undefined,
        '{"name":"Mug ☕ \\n"}',
      ]),
    )
  })

  it('are forgotten with all their selections, and no others', async () => {
    const store = await open()
    store.keep([
      { ...mug, text: '1', expiresAtMs: soon() },
      { ...priceOfMug, text: '2', expiresAtMs: soon() },
      { ...bowl, text: '3', expiresAtMs: soon() },
    ])
    await vi.waitFor(async () => expect(await store.find([mug, priceOfMug, bowl])).toEqual(['1', '2', '3']))
    store.forget([mug.entity, 'unknown'])
    await vi.waitFor(async () =>
      expect(await store.find([mug, priceOfMug, bowl])).toEqual([undefined, undefined, '3']),
    )
  })
})

it('keeps the latest fifty of an entity in this process', async () => {
  const store = createMemoryStore(1_000_000)
  const names = Array.from({ length: 60 }, (_, index) => ({ entity: mug.entity, selection: `name ${index}` }))
  for (const name of names) store.keep([{ ...name, text: name.selection, expiresAtMs: soon() }])
  store.keep([{ ...bowl, text: '1', expiresAtMs: soon() }])
  const found = await store.find(names)
  expect(found).toEqual(names.map(({ selection }, index) => (index < 10 ? undefined : selection)))
  expect(await store.find([bowl])).toEqual(['1'])
})

it('keeps at most so many bytes in this process', async () => {
  const store = createMemoryStore(10_000)
  const names = Array.from({ length: 100 }, (_, index) => ({
    entity: `Product id "${index}"`,
    selection: 'name',
  }))
  store.keep(names.map(name => ({ ...name, text: 'x'.repeat(100), expiresAtMs: soon() })))
  const found = await store.find(names)
  expect(found.filter(text => text !== undefined).length).toBeLessThan(30)
  expect(found.at(-1)).toHaveLength(100)
})

it.runIf(redis !== undefined || isRequired)(
  'goes on without a Redis that is away, and again with it',
  async () => {
    const { url, kill } = await startRedis()
    const store = await connect(url)
    await kill()
    expect(await store.find([mug])).toEqual([undefined])
    store.keep([{ ...mug, text: '1', expiresAtMs: soon() }])
    store.forget([mug.entity])
    expect(await store.find([mug, bowl])).toEqual([undefined, undefined])
  },
)
