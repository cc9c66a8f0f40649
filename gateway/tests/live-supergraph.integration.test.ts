import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client, FormattedExecutionResult } from 'graphql-ws'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const within = { timeout: 60_000 }
const change = z.object({ change: z.object({ amountMinor: z.number() }) })

const startLiveGateway = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'live-supergraph-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'supergraph.graphql')
  const system = await startGatewayUnderTest({ SUPERGRAPH_PATH: path })
  const refused = vi.spyOn(system.logger, 'error')
  const withField = system.supergraphSdl
  const withoutField = withField.replace(/^ *timesOrdered.*\n/m, '')
  return {
    ...system,
    withField,
    withoutField,
    refusals: () =>
      refused.mock.calls.map(([details]) => z.object({ reason: z.string() }).parse(details).reason),
    writeInPlace: (text: string) => writeFileSync(path, text),
    publish: (text: string) => {
      writeFileSync(`${path}.new`, text)
      renameSync(`${path}.new`, path)
    },
    hasField: async (isThere: boolean) => {
      const { status } = await system.post('{ products { timesOrdered } }')
      expect(status).toBe(isThere ? 200 : 400)
    },
  }
}

/** Sends a query again and again, and keeps the answers that are not as expected; `stop` gives how many came. */
const keepAsking = ({ post }: Pick<Awaited<ReturnType<typeof startLiveGateway>>, 'post'>) => {
  const wrong: unknown[] = []
  let asked = 0
  let isOver = false
  const products = ['1', '2', '3'].map(id => ({ id, name: `Product ${id}`, whoAsksOrders: 'anonymous' }))
  const ask = async () => {
    while (!isOver) {
      asked += 1
      // n.b. every tenth document is new to the gateway
      const alias = asked % 10 > 0 ? '' : `n${asked}: `
      const answer = await post(`{ products { id name whoAsksOrders } ${alias}whoAsksUsers }`).catch(String)
      const isRight =
        typeof answer !== 'string' &&
        answer.status === 200 &&
        answer.body.errors === undefined &&
        JSON.stringify(answer.body.data?.products) === JSON.stringify(products)
      if (!isRight) wrong.push(answer)
    }
  }
  const asking = Promise.all([ask(), ask()])
  return {
    wrong,
    asked: () => asked,
    stop: async () => {
      isOver = true
      await asking
    },
  }
}

const follow = (client: Client, query: string) => {
  const amounts: number[] = []
  const end = { errors: undefined as unknown, complete: false }
  client.subscribe(
    { query },
    {
      next: ({ data }) => void amounts.push(change.parse(data).change.amountMinor),
      error: errors => {
        end.errors = errors
      },
      complete: () => {
        end.complete = true
      },
    },
  )
  return { amounts, end }
}

/** Publishes rising amounts, one after the other, until it is stopped. */
const keepPublishing = ({ feed }: Pick<Awaited<ReturnType<typeof startLiveGateway>>, 'feed'>) => {
  let last = 0
  const timer = setInterval(() => {
    last += 1
    feed.publish('7', last)
  }, 20)
  onTestFinished(() => clearInterval(timer))
  return {
    stop: () => {
      clearInterval(timer)
      return last
    },
  }
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)
const priceChanged = (fields: string) =>
  `subscription { change: priceChanged(productId: "7") { amountMinor product { ${fields} } } }`

it('takes good supergraphs and refuses bad ones while it runs: no request fails, and no event is lost', async () => {
  const system = await startLiveGateway()
  const { socketClient, feed, products, publish, writeInPlace, withField, withoutField, hasField } = system
  const asking = keepAsking(system)
  const goesOn = follow(socketClient(), priceChanged('name whoAsksOrders'))
  const ends = follow(socketClient(), priceChanged('name timesOrdered'))
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(2))
  const publishing = keepPublishing(system)
  await vi.waitFor(() => expect(ends.amounts.length).toBeGreaterThan(0))

  publish(withoutField)
  await vi.waitFor(() => hasField(false), within)
  await vi.waitFor(() => expect(ends.end.errors).toBeDefined(), within)
  expect(ends.end.errors).toEqual([
    {
      message: expect.stringContaining('subscribe again from the last cursor'),
      extensions: { code: 'SCHEMA_CHANGED' },
    },
  ])
  expect(ends.amounts).toEqual(upTo(ends.amounts.length))
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))

  for (const [bad, reason] of [
    ['this is no schema {', 'Syntax Error'],
    [withField.slice(0, withField.length / 2), ''],
    ['type Query { a: Int }', 'supergraph'],
    ['', 'Syntax Error'],
  ] as const) {
    const before = system.refusals().length
    writeInPlace(bad)
    await vi.waitFor(() => expect(system.refusals().length).toBe(before + 1), within)
    expect(system.refusals().at(-1)).toContain(reason)
    await hasField(false)
  }

  publish(withField)
  await vi.waitFor(() => hasField(true), within)
  const again = follow(socketClient(), priceChanged('name timesOrdered'))
  await vi.waitFor(() => expect(again.amounts.length).toBeGreaterThan(0), within)
  publish(withoutField)
  await vi.waitFor(() => hasField(false), within)
  await vi.waitFor(() => expect(again.end.errors).toBeDefined(), within)

  await asking.stop()
  expect(asking.wrong).toEqual([])
  expect(asking.asked()).toBeGreaterThan(100)
  const last = publishing.stop()
  await vi.waitFor(() => expect(goesOn.amounts.at(-1)).toBe(last), within)
  expect(goesOn.amounts).toEqual(upTo(last))
  expect(goesOn.end).toEqual({ errors: undefined, complete: false })
  expect(products.connections()).toBe(1)
}, 90_000)

it('completes the later events of a subscription by the new plan, at the new addresses', async () => {
  const { socketClient, feed, orders, publish, withField, hasField } = await startLiveGateway()
  const results: FormattedExecutionResult<Record<string, unknown>, unknown>[] = []
  socketClient().subscribe(
    { query: priceChanged('name whoAsksOrders') },
    { next: result => void results.push(result), error: () => undefined, complete: () => undefined },
  )
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  publish(withField.replace(orders.url, 'http://127.0.0.1:1/graphql').replace(/^ *timesOrdered.*\n/m, ''))
  await vi.waitFor(() => hasField(false), within)
  feed.publish('7', 1)
  await vi.waitFor(() => expect(results).toHaveLength(1))
  expect(results[0]?.errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', service: 'orders' })
  publish(withField)
  await vi.waitFor(() => hasField(true), within)
  feed.publish('7', 2)
  await vi.waitFor(() => expect(results).toHaveLength(2))
  expect(results[1]).toEqual({
    data: { change: { amountMinor: 2, product: { name: 'Product 7', whoAsksOrders: 'anonymous' } } },
  })
})

it('ends the subscriptions of a subgraph that moves to another address', async () => {
  const { socketClient, feed, products, publish, withField } = await startLiveGateway()
  const { end } = follow(socketClient(), priceChanged('name'))
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  publish(withField.replace(products.url, 'http://127.0.0.1:1/graphql'))
  await vi.waitFor(() => expect(end.errors).toBeDefined(), within)
  expect(end.errors).toMatchObject([{ extensions: { code: 'SCHEMA_CHANGED' } }])
  await vi.waitFor(() => expect(products.connections()).toBe(0))
})

it('ends what a new supergraph has no room for by name, on sockets and streams, and nothing is missed from the cursor on', async () => {
  const { gateway, socketClient, stock, feed, publish, withField } = await startLiveGateway()
  const client = socketClient()
  const stockChanged = (fields: string, after = 'null') =>
    `subscription { change: stockChanged(productId: "7", after: ${after}) { version ${fields} } }`
  const watch = (query: string) => {
    const versions: unknown[] = []
    const ended = vi.fn()
    client.subscribe(
      { query },
      { next: ({ data }) => void versions.push(data), error: ended, complete: () => undefined },
    )
    return { versions, ended }
  }
  const versionsUpTo = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => ({ change: { version: from + index } }))
  stock.change('7', 10)
  const goesOn = watch(stockChanged(''))
  const ends = watch(stockChanged('whoAsks'))
  const hasNoRoot = watch(priceChanged('name'))
  const stream = fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: stockChanged('whoAsks') }),
  }).then(response => response.text())
  await vi.waitFor(() => expect([stock.followers('7'), feed.listeners('7')]).toEqual([2, 1]))
  await vi.waitFor(() => expect([goesOn.versions.length, ends.versions.length]).toEqual([1, 1]))

  publish(withField.replace(/^ *whoAsks: String!.*\n/gm, '').replace(/^ *priceChanged\(.*\n/m, ''))
  const schemaChanged = [expect.objectContaining({ extensions: { code: 'SCHEMA_CHANGED' } })]
  await vi.waitFor(
    () =>
      expect([ends.ended.mock.calls, hasNoRoot.ended.mock.calls]).toEqual([
        [[schemaChanged]],
        [[schemaChanged]],
      ]),
    within,
  )
  expect(await stream).toMatch(/"code":"SCHEMA_CHANGED"[\s\S]*event: complete/)
  for (const units of [11, 12, 13]) stock.change('7', units)
  const again = watch(stockChanged('', '1'))
  await vi.waitFor(() => expect(again.versions).toEqual(versionsUpTo(2, 4)))
  await vi.waitFor(() => expect(goesOn.versions).toEqual(versionsUpTo(1, 4)))
  const gone = watch(priceChanged('name'))
  await vi.waitFor(() => expect(gone.ended).toHaveBeenCalled())
  expect(gone.ended.mock.calls[0]).toMatchObject([[{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]])
  expect(goesOn.ended).not.toHaveBeenCalled()
})

it('stops while it makes a new supergraph', async () => {
  const { gateway, publish, withoutField } = await startLiveGateway()
  publish(withoutField)
  await gateway.stop()
  await expect(fetch(gateway.url)).rejects.toThrow()
})

it('answers a request whose body comes slowly by the supergraph of its end, and holds no other one for it', async () => {
  const { gateway, publish, withoutField, hasField } = await startLiveGateway()
  await hasField(true)
  const body = JSON.stringify({ query: '{ products { timesOrdered } }' })
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const slow = request({ port: gateway.port, path: '/graphql', method: 'POST', headers })
  const answered = once(slow, 'response')
  slow.write(body.slice(0, 10))
  await hasField(true)
  publish(withoutField)
  await vi.waitFor(() => hasField(false), within)
  slow.end(body.slice(10))
  const [response] = await answered
  response.resume()
  expect(response.statusCode).toBe(400)
})
