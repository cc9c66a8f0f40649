import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePorts } from '../../testbed/ports.ts'
import { createMemoryStore, type EntityStore, type Entry, type EntryName } from './entity-store.ts'
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
  const start = () => {
    const child = spawn(redis, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
      stdio: 'ignore',
    })
    return { child, exited: once(child, 'exit') }
  }
  let running = start()
  const kill = async () => {
    running.child.kill('SIGKILL')
    await running.exited
  }
  onTestFinished(kill)
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    restart: () => {
      running = start()
    },
    pause: () => running.child.kill('SIGSTOP'),
    resume: () => running.child.kill('SIGCONT'),
  }
}

const find = async (store: EntityStore, names: readonly EntryName[], user?: string) =>
  (await store.find(names, user)).kept.map(kept => kept?.text)
const keep = async (store: EntityStore, entries: readonly Entry[]) =>
  (await store.find(entries, undefined)).keep(entries)

const connect = async (url: string): Promise<EntityStore> => {
  const store = await connectRedisStore(url, createLogger('gateway', 'silent'))
  onTestFinished(() => store.stop())
  await isUp(store)
  return store
}

/** Waits until a store keeps something. */
const isUp = async (store: EntityStore) => {
  const probe = { entity: 'probe', selection: 'probe' }
  await vi.waitFor(async () => {
    await keep(store, [{ ...probe, text: '1', expiresAtMs: Date.now() + 60_000 }])
    expect(await find(store, [probe])).toEqual(['1'])
  }, 15_000)
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
    const expiresAtMs = soon()
    await keep(store, [
      { ...mug, text: '{"name":"Mug ☕ \\n"}', expiresAtMs },
      { ...bowl, text: '{"name":"Bowl"}', expiresAtMs: Date.now() + 1 },
    ])
    await vi.waitFor(async () =>
      expect((await store.find([priceOfMug, bowl, mug], undefined)).kept).toEqual([
        undefined,
        undefined,
        { text: '{"name":"Mug ☕ \\n"}', expiresAtMs },
      ]),
    )
  })

  it('are forgotten with all their selections, and no others', async () => {
    const store = await open()
    await keep(store, [
      { ...mug, text: '1', expiresAtMs: soon() },
      { ...priceOfMug, text: '2', expiresAtMs: soon() },
      { ...bowl, text: '3', expiresAtMs: soon() },
    ])
    await vi.waitFor(async () => expect(await find(store, [mug, priceOfMug, bowl])).toEqual(['1', '2', '3']))
    store.forget([mug.entity, 'unknown'])
    await vi.waitFor(async () =>
      expect(await find(store, [mug, priceOfMug, bowl])).toEqual([undefined, undefined, '3']),
    )
  })

  it('are not kept if they were forgotten since they were asked for', async () => {
    const store = await open()
    const { keep } = await store.find([mug, bowl], undefined)
    store.forget([mug.entity])
    keep([
      { ...mug, text: '1', expiresAtMs: soon() },
      { ...bowl, text: '2', expiresAtMs: soon() },
    ])
    await vi.waitFor(async () => expect(await find(store, [mug, bowl])).toEqual([undefined, '2']))
  })

  it('are not found by who has just changed something, and by all others', async () => {
    const store = await open()
    await keep(store, [{ ...mug, text: '1', expiresAtMs: soon() }])
    await vi.waitFor(async () => expect(await find(store, [mug], 'ada')).toEqual(['1']))
    await store.noteWriter('ada')
    expect(await find(store, [mug], 'ada')).toEqual([undefined])
    expect(await find(store, [mug], 'grace')).toEqual(['1'])
    expect(await find(store, [mug])).toEqual(['1'])
  })
})

it('keeps the latest fifty of an entity in this process', async () => {
  const store = createMemoryStore(1_000_000)
  const names = Array.from({ length: 60 }, (_, index) => ({ entity: mug.entity, selection: `name ${index}` }))
  for (const name of names) await keep(store, [{ ...name, text: name.selection, expiresAtMs: soon() }])
  await keep(store, [{ ...bowl, text: '1', expiresAtMs: soon() }])
  const found = await find(store, names)
  expect(found).toEqual(names.map(({ selection }, index) => (index < 10 ? undefined : selection)))
  expect(await find(store, [bowl])).toEqual(['1'])
})

it('keeps at most so many bytes in this process', async () => {
  const store = createMemoryStore(10_000)
  const names = Array.from({ length: 100 }, (_, index) => ({
    entity: `Product id "${index}"`,
    selection: 'name',
  }))
  await keep(
    store,
    names.map(name => ({ ...name, text: 'x'.repeat(100), expiresAtMs: soon() })),
  )
  const found = await find(store, names)
  expect(found.filter(text => text !== undefined).length).toBeLessThan(30)
  expect(found.at(-1)).toHaveLength(100)
})

describe.runIf(redis !== undefined || isRequired)('a Redis', () => {
  it('may be away: nothing is kept, and again when it is back', async () => {
    const { url, kill, restart } = await startRedis()
    const store = await connect(url)
    await kill()
    expect(await find(store, [mug])).toEqual([undefined])
    await keep(store, [{ ...mug, text: '1', expiresAtMs: soon() }])
    store.forget([mug.entity])
    expect(await find(store, [mug, bowl])).toEqual([undefined, undefined])
    restart()
    await isUp(store)
  })

  it('forgets what has changed while its connection was broken', async () => {
    const { url, port } = await startRedis()
    const proxy = await startProxy(port)
    const [near, far] = [await connect(url), await connect(proxy.url)]
    await keep(near, [{ ...mug, text: 'old', expiresAtMs: soon() }])
    await vi.waitFor(async () => expect(await find(near, [mug])).toEqual(['old']))
    await proxy.stop()
    await vi.waitFor(async () => expect(await find(far, [mug])).toEqual([undefined]))
    far.forget([mug.entity])
    await proxy.start()
    await isUp(far)
    expect(await find(far, [mug])).toEqual([undefined])
    expect(await find(near, [mug])).toEqual([undefined])
  })

  it('forgets what may have changed before a gateway listened', async () => {
    const { url } = await startRedis()
    const before = await connect(url)
    await keep(before, [{ ...mug, text: 'old', expiresAtMs: soon() }])
    await vi.waitFor(async () => expect(await find(before, [mug])).toEqual(['old']))
    await before.stop()
    expect(await find(await connect(url), [mug])).toEqual([undefined])
  })

  it('keeps nothing that another gateway has forgotten since it was asked for', async () => {
    const { url } = await startRedis()
    const [one, other] = [await connect(url), await connect(url)]
    const { keep } = await one.find([mug, bowl], undefined)
    other.forget([mug.entity])
    await vi.waitFor(async () => expect(await find(other, [mug])).toEqual([undefined]))
    keep([
      { ...mug, text: 'old', expiresAtMs: soon() },
      { ...bowl, text: '2', expiresAtMs: soon() },
    ])
    await vi.waitFor(async () => expect(await find(one, [mug, bowl])).toEqual([undefined, '2']))
  })

  it('lets a user who has changed something through one gateway find nothing through another one', async () => {
    const { url } = await startRedis()
    const [one, other] = [await connect(url), await connect(url)]
    await keep(one, [{ ...mug, text: '1', expiresAtMs: soon() }])
    await vi.waitFor(async () => expect(await find(other, [mug], 'ada')).toEqual(['1']))
    await one.noteWriter('ada')
    expect(await find(other, [mug], 'ada')).toEqual([undefined])
    expect(await find(other, [mug], 'grace')).toEqual(['1'])
  })

  it('holds nothing up and no memory while it hangs, and is used again afterwards', async () => {
    const { url, pause, resume } = await startRedis()
    const store = await connect(url)
    await keep(store, [{ ...mug, text: 'old', expiresAtMs: soon() }])
    await vi.waitFor(async () => expect(await find(store, [mug])).toEqual(['old']))
    pause()
    const slow: number[] = []
    for (let index = 0; index < 100; index += 1) {
      const atMs = performance.now()
      expect(await find(store, [mug])).toEqual([undefined])
      slow.push(performance.now() - atMs)
    }
    store.forget([mug.entity])
    expect(slow.filter(ms => ms > 90).length).toBeLessThanOrEqual(12)
    resume()
    await isUp(store)
    expect(await find(store, [mug])).toEqual([undefined])
  })

  it('gives the room of values back when their time is over, however often their entity is kept', async () => {
    const { url, port } = await startRedis()
    const store = await connect(url)
    for (let index = 0; index < 50; index += 1)
      await keep(store, [{ ...mug, selection: `name ${index}`, text: '1', expiresAtMs: Date.now() + 100 }])
    await keep(store, [{ ...mug, text: '1', expiresAtMs: soon() }])
    const { createClient } = await import('@redis/client')
    const client = createClient({ url: `redis://127.0.0.1:${port}` })
    await client.connect()
    onTestFinished(() => client.destroy())
    // n.b. the probe and the mug, their generations, and that of everything
    await vi.waitFor(async () => expect(await client.dbSize()).toBe(5), 5_000)
  })
})

/** A way to a server that can be broken. */
const startProxy = async (to: number) => {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    const upstream = createConnection(to, '127.0.0.1')
    for (const each of [socket, upstream]) {
      sockets.add(each)
      each.on('error', () => each.destroy()).on('close', () => sockets.delete(each))
    }
    socket.pipe(upstream).pipe(socket)
  })
  const [port = 0] = await freePorts(1)
  const start = async () => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  await start()
  onTestFinished(() => {
    if (server.listening) return stop()
  })
  return { url: `redis://127.0.0.1:${port}`, start, stop }
}
