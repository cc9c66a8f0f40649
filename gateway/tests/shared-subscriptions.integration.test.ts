import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { Client } from 'graphql-ws'
import { expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const changes = `subscription ($id: ID!, $after: Int) {
  stockChanged(productId: $id, after: $after) { units whoAsks product { timesOrdered whoAsksOrders } }
}`

class DistantWebSocket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol, { localAddress: '127.0.0.2' })
  }
}

/** Subscribes to the stock of product 7 and collects the units that come. */
const follow = (client: Client, after?: number, query = changes) => {
  const units: number[] = []
  const unsubscribe = client.subscribe(
    { query, variables: { id: '7', after } },
    {
      next: ({ data }) => units.push(Object(data?.stockChanged).units),
      error: () => {},
      complete: () => {},
    },
  )
  return { units, unsubscribe }
}

const signedIn = async ({ tokens, socketClient }: Awaited<ReturnType<typeof startGatewayUnderTest>>) => {
  const user = uuidv7()
  const sessionId = uuidv7()
  return {
    client: async () =>
      socketClient({ authorization: `Bearer ${await tokens.customer(user, { sessionId })}` }),
    clientOfAnotherSession: async () =>
      socketClient({ authorization: `Bearer ${await tokens.customer(user, { sessionId: uuidv7() })}` }),
  }
}

it('asks the subgraphs once for all sockets of a session that subscribe to the same', async () => {
  const system = await startGatewayUnderTest()
  const { stock, orders } = system
  const { client, clientOfAnotherSession } = await signedIn(system)
  const sockets = await Promise.all([1, 2, 3].map(client))
  const shared = sockets.map(socket => follow(socket))
  const apart = follow(await clientOfAnotherSession())
  await vi.waitFor(() => expect(stock.followers('7')).toBe(2))
  stock.change('7', 10)
  stock.change('7', 11)
  await vi.waitFor(() =>
    expect([...shared, apart].map(({ units }) => units)).toEqual([
      [10, 11],
      [10, 11],
      [10, 11],
      [10, 11],
    ]),
  )
  expect(orders.received.length).toBe(4)
})

it('gives the state to who joins late, and what is missing to who comes back, before they share', async () => {
  const system = await startGatewayUnderTest()
  const { stock } = system
  const { client } = await signedIn(system)
  const first = follow(await client())
  await vi.waitFor(() => expect(stock.followers('7')).toBe(1))
  for (const units of [10, 11, 12]) stock.change('7', units)
  await vi.waitFor(() => expect(first.units).toEqual([10, 11, 12]))
  const [late, back] = [follow(await client()), follow(await client(), 1)]
  await vi.waitFor(() => expect([late.units, back.units]).toEqual([[12], [11, 12]]))
  await vi.waitFor(() => expect(stock.followers('7')).toBe(1))
  stock.change('7', 13)
  await vi.waitFor(() =>
    expect([first.units, late.units, back.units]).toEqual([
      [10, 11, 12, 13],
      [12, 13],
      [11, 12, 13],
    ]),
  )
  first.unsubscribe()
  back.unsubscribe()
  stock.change('7', 14)
  await vi.waitFor(() => expect(late.units).toEqual([12, 13, 14]))
  late.unsubscribe()
  await vi.waitFor(() => expect(stock.followers('7')).toBe(0))
})

it('shares among clients without a session, wherever they are', async () => {
  const { socketClient, stock, orders } = await startGatewayUnderTest()
  stock.change('7', 10)
  const clients = [
    ...Array.from({ length: 20 }, () => follow(socketClient())),
    follow(socketClient({}, DistantWebSocket)),
  ]
  await vi.waitFor(() => expect(clients.every(({ units }) => units.length === 1)).toBe(true))
  await vi.waitFor(() => expect(stock.followers('7')).toBe(1))
  const asked = orders.received.length
  stock.change('7', 11)
  await vi.waitFor(() => expect(clients.every(({ units }) => units.length === 2)).toBe(true))
  expect(orders.received.length).toBe(asked + 1)
})

it('does not share among clients at several addresses if a subgraph is told where they are', async () => {
  const { socketClient, stock, users } = await startGatewayUnderTest()
  const whoAsks = `subscription ($id: ID!) { stockChanged(productId: $id) { units product { seenFrom } } }`
  stock.change('7', 10)
  const clients = [
    follow(socketClient(), undefined, whoAsks),
    follow(socketClient({}, DistantWebSocket), undefined, whoAsks),
  ]
  await vi.waitFor(() => expect(clients.map(({ units }) => units)).toEqual([[10], [10]]))
  stock.change('7', 11)
  await vi.waitFor(() =>
    expect(clients.map(({ units }) => units)).toEqual([
      [10, 11],
      [10, 11],
    ]),
  )
  expect([stock.followers('7'), users.received.length]).toEqual([2, 4])
})

it('resumes all who share, once, when the upstream connection breaks', async () => {
  const { socketClient, stock, products } = await startGatewayUnderTest()
  const clients = Array.from({ length: 5 }, () => follow(socketClient()))
  await vi.waitFor(() => expect(stock.followers('7')).toBe(1))
  stock.change('7', 10)
  await vi.waitFor(() => expect(clients.every(({ units }) => units.length === 1)).toBe(true))
  products.breakSockets()
  await vi.waitFor(() => expect(stock.followers('7')).toBe(0))
  stock.change('7', 11)
  stock.change('7', 12)
  await vi.waitFor(() => expect(clients.map(({ units }) => units)).toEqual(clients.map(() => [10, 11, 12])))
  expect(stock.followers('7')).toBe(1)
})
