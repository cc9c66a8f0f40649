import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGatewayUnderTest } from '@supergraph/gateway/tests/gateway-under-test.ts'
import { readUsage } from '@supergraph/registry/database/usage-reads.ts'
import { startTestRegistry } from '@supergraph/registry/tests/registry-under-test.ts'
import { expect, it, onTestFinished, vi } from 'vitest'

const ref = { graph: 'shop', variant: 'current' }
const signature = { author: 'ada', message: '' }

const startBoth = async () => {
  const registry = await startTestRegistry(undefined)
  onTestFinished(registry.stop)
  const folder = mkdtempSync(join(tmpdir(), 'kept-supergraph-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'kept.graphql')
  const settings = {
    SUPERGRAPH_URL: `${registry.url}/uplink`,
    SUPERGRAPH_REF: 'shop@current',
    SUPERGRAPH_KEY: registry.key,
    SUPERGRAPH_PATH: path,
  }
  return { registry, settings, path }
}

const readyOf = async ({ origin }: { readonly origin: string }) =>
  (await fetch(`${origin}/health/ready`)).json()

/** Asks again and again; `stop` tells how often, and the answers that were not as they should be. */
const keepAsking = ({ post }: Pick<Awaited<ReturnType<typeof startGatewayUnderTest>>, 'post'>) => {
  const wrong: unknown[] = []
  let asked = 0
  let isOver = false
  const ask = async () => {
    while (!isOver) {
      asked += 1
      const answer = await post('{ products { id name } whoAsksUsers }').catch(String)
      if (typeof answer === 'string' || answer.status !== 200 || answer.body.errors) wrong.push(answer)
    }
  }
  const asking = Promise.all([ask(), ask()])
  return {
    stop: async () => {
      isOver = true
      await asking
      return { asked, wrong }
    },
  }
}

it('takes what the registry serves while it runs, keeps it, goes on while the registry is away, and fails no request', async () => {
  const { registry, settings, path } = await startBoth()
  const system = await startGatewayUnderTest(settings)
  const { post, subgraphs } = system
  const hasField = async (isThere: boolean) =>
    expect((await post('{ products { timesOrdered } }')).status).toBe(isThere ? 200 : 400)
  const withoutField = subgraphs.map(subgraph => ({
    ...subgraph,
    sdl: subgraph.sdl.replace('timesOrdered(status: String): Int', ''),
  }))
  await hasField(true)
  expect(await readyOf(system)).toMatchObject({ registryVersion: 'kept' })
  const asking = keepAsking(system)

  await registry.changes.publishAll(ref, withoutField, signature)
  await vi.waitFor(() => hasField(false))
  expect(await readyOf(system)).toMatchObject({ registryVersion: '1' })
  await vi.waitFor(() => expect(readFileSync(path, 'utf8')).not.toContain('timesOrdered'))

  await registry.changes.publishAll(ref, subgraphs, signature)
  await vi.waitFor(() => hasField(true))
  await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toContain('timesOrdered'))
  const good = readFileSync(path, 'utf8')

  const refused = vi.spyOn(system.logger, 'error')
  const withPolicy = subgraphs.map(subgraph => ({
    ...subgraph,
    sdl: subgraph.sdl
      .replace('import: ["@key"]', 'import: ["@key", "@policy"]')
      .replace(
        'Query { whoAsksOrders: String',
        'Query { whoAsksOrders: String @policy(policies: [["staff"]])',
      ),
  }))
  await registry.changes.publishAll(ref, withPolicy, signature)
  await vi.waitFor(() =>
    expect(refused).toHaveBeenCalledWith(expect.anything(), expect.stringContaining('is refused')),
  )
  await hasField(true)
  expect(readFileSync(path, 'utf8')).toBe(good)

  await registry.restart()
  await registry.changes.rollBack(ref, 1, signature)
  await vi.waitFor(() => hasField(false))
  expect(await readyOf(system)).toMatchObject({ registryVersion: '4' })
  const { asked, wrong } = await asking.stop()
  expect(wrong).toEqual([])
  expect(asked).toBeGreaterThan(100)
})

it('starts with what the registry serves, and without it with what was kept', async () => {
  const { registry, settings } = await startBoth()
  const users = { name: 'users', url: 'http://users.example', sdl: 'type Query { published: Int }' }
  await registry.changes.publish(ref, users, signature)
  const started = await startGatewayUnderTest(settings)
  expect(await readyOf(started)).toMatchObject({ registryVersion: '1' })
  expect((await started.post('{ products { name } }')).status).toBe(400)
  await registry.stop()
  const alone = await startGatewayUnderTest(settings)
  expect(await readyOf(alone)).toMatchObject({ registryVersion: 'kept' })
  expect((await alone.post('{ products { name } }')).status).toBe(200)
})

it('tells the registry which operations clients run, by whatever way they come, and none of their values', async () => {
  const { registry, settings } = await startBoth()
  const system = await startGatewayUnderTest({ ...settings, USAGE_SECONDS: '1' })
  const names = { 'apollographql-client-name': 'web', 'apollographql-client-version': '1.2' }
  const headers = { ...names, 'content-type': 'application/json', 'apollo-require-preflight': 'true' }
  const { post, socketClient, origin, feed } = system
  for (const id of ['secret', 'other'])
    await post('query Twice($id: ID!) { product(id: $id) { name } }', names, { id })
  await post('query Literal { product(id: "secret") { secret: name } }', names)
  await post('query Nobody { whoAsksUsers }')
  await post('query Invalid { whoAsksNobody }', names)
  await fetch(`${origin}/graphql?query=${encodeURIComponent('query Get { whoAsksOrders }')}`, { headers })
  const events = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { ...headers, accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'query Events { whoAsksProducts }' }),
  })
  expect(await events.text()).toContain('event: next')
  const socket = socketClient({ ...names, 'apollographql-client-version': '2' })
  const runOnce = async (query: string) => {
    const results = socket.iterate({ query })
    const next = results.next()
    await vi.waitFor(async () => {
      feed.publish('secret', 5)
      expect(await Promise.race([next, undefined])).toMatchObject({ done: false })
    })
    await results.return?.()
  }
  await runOnce('query Socket { products { id } }')
  await runOnce('subscription Heard { priceChanged(productId: "secret") { amountMinor } }')

  expect(await readUsage(registry.database, ref, 86_400)).toBeUndefined()
  await registry.changes.publishAll(ref, system.subgraphs, signature)
  const ran = (name: string, requests: number, clients: readonly (readonly [string, string])[]) => [
    name,
    requests,
    clients,
  ]
  const web: readonly (readonly [string, string])[] = [['web', '1.2']]
  await vi.waitFor(async () => {
    const usage = await readUsage(registry.database, ref, 86_400)
    expect(
      usage?.operations
        .map(({ name, requests, clients }) =>
          ran(
            name,
            requests,
            clients.map(client => [client.name, client.version]),
          ),
        )
        .toSorted(),
    ).toEqual([
      ran('Events', 1, web),
      ran('Get', 1, web),
      ran('Heard', 1, [['web', '2']]),
      ran('Literal', 1, web),
      ran('Nobody', 1, [['', '']]),
      ran('Socket', 1, [['web', '2']]),
      ran('Twice', 2, web),
    ])
    expect(JSON.stringify(usage)).not.toMatch(/secret|other"/)
  })
})
