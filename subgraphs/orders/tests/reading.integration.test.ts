import { countRequestQueries } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { address, anonymous, customer, staff, startOrdersUnderTest } from './orders-under-test.ts'
import { place, placed } from './placing.ts'

const queries = countRequestQueries()
const orders = await startOrdersUnderTest({}, queries)
const ada = customer()
const grace = customer()
const service = { kind: 'service', name: 'orders', scopes: ['stock:reserve'] } as const

const page = z.object({
  edges: z.array(z.object({ cursor: z.string(), node: z.object({ id: z.string() }) })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
})
const fields = `total { amountMinor } items { sku product { id } } tracking { trackingNumber }
  payment { status refunded { amountMinor } refunds { id amount { amountMinor } } } timeline { status actor by { id } }`
const entities = `query ($representations: [_Any!]!, $first: Int, $after: String, $status: OrderStatus) {
  _entities(representations: $representations) {
    ... on Order { id ${fields} }
    ... on User {
      orders(first: $first, after: $after, status: $status) {
        edges { cursor node { id ${fields} } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`
const orderRef = (id: string) => ({ __typename: 'Order', id })
const userRef = (id: string) => ({ __typename: 'User', id })

const ordersOf = async (viewer: Parameters<typeof orders.ask>[0], userId: string, args: object = {}) => {
  const { data, errors } = await orders.ask(viewer, entities, { representations: [userRef(userId)], ...args })
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  const [user] = z.object({ _entities: z.array(z.object({ orders: page.nullable() })) }).parse(data)._entities
  return user?.orders
}

const allOrders = async (viewer: Parameters<typeof orders.ask>[0], args: object = {}) => {
  const query = `query ($first: Int, $after: String, $filter: OrderFilter) {
    orders(first: $first, after: $after, filter: $filter) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } }
  }`
  const { data, errors } = await orders.ask(viewer, query, args)
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return z.object({ orders: page }).parse(data).orders
}

const idsOf = (connection: z.output<typeof page> | null | undefined) =>
  connection?.edges.map(({ node }) => node.id)

let adas: readonly string[] = []
let graces: readonly string[] = []
beforeAll(async () => {
  const productId = orders.products.add({ sku: 'MUG', priceMinor: 1_800, available: 1_000 })
  const some = async (viewer: typeof ada, count: number) => {
    const ids: string[] = []
    for (let index = 0; index < count; index += 1) {
      ids.unshift((await placed(orders, viewer, [{ productId, quantity: 1 }])).id)
    }
    return ids
  }
  adas = await some(ada, 21)
  graces = await some(grace, 3)
  const empty = orders.products.add({ sku: 'NONE', priceMinor: 100, available: 0 })
  await place(orders, grace, [{ productId: empty, quantity: 1 }])
})

describe('an order', () => {
  it('is shown to its customer and to staff, and looks unknown to everyone else by every path', async () => {
    const id = adas[0] ?? ''
    const query = `query ($id: ID!) { order(id: $id) { id } }`
    const representations = [orderRef(id)]
    for (const viewer of [ada, staff]) {
      expect((await orders.ask(viewer, query, { id })).data).toEqual({ order: { id } })
      expect((await orders.ask(viewer, entities, { representations })).data).toMatchObject({
        _entities: [{ id }],
      })
    }
    for (const viewer of [grace, anonymous, service]) {
      const foreign = await orders.ask(viewer, query, { id })
      expect(foreign).toEqual({ status: 200, data: { order: null } })
      expect(await orders.ask(viewer, query, { id: uuidv7() })).toEqual(foreign)
      expect(await orders.ask(viewer, query, { id: 'no id' })).toEqual(foreign)
      expect(await orders.ask(viewer, entities, { representations })).toEqual({
        status: 200,
        data: { _entities: [null] },
      })
    }
  })

  it("does not appear in another user's list, to anyone but that user and staff", async () => {
    expect(idsOf(await ordersOf(ada, ada.id, { first: 100 }))).toEqual(adas)
    expect(idsOf(await ordersOf(staff, ada.id, { first: 100 }))).toEqual(adas)
    for (const viewer of [grace, anonymous, service]) expect(await ordersOf(viewer, ada.id)).toBeNull()
    expect(await ordersOf(staff, 'no id')).toBeNull()
  })
})

describe("a customer's orders", () => {
  it('come newest first, page by page, without a gap or a repetition', async () => {
    const first = await ordersOf(ada, ada.id, { first: 10 })
    const second = await ordersOf(ada, ada.id, { first: 10, after: first?.pageInfo.endCursor })
    const third = await ordersOf(ada, ada.id, { first: 10, after: second?.pageInfo.endCursor })
    expect([first, second, third].flatMap(connection => idsOf(connection))).toEqual(adas)
    expect([first, second, third].map(connection => connection?.pageInfo.hasNextPage)).toEqual([
      true,
      true,
      false,
    ])
  })

  it('can be asked for by status, refused ones included', async () => {
    expect(idsOf(await ordersOf(grace, grace.id, { status: 'CONFIRMED' }))).toEqual(graces)
    expect(idsOf(await ordersOf(grace, grace.id, { status: 'REJECTED' }))).toHaveLength(1)
    expect(idsOf(await ordersOf(grace, grace.id, { status: 'SHIPPED' }))).toEqual([])
  })

  it.each([{ first: 0 }, { first: 101 }, { after: 'nonsense' }])('refuse the page %j', async args => {
    await expect(ordersOf(ada, ada.id, args)).rejects.toThrow('BAD_USER_INPUT')
  })
})

describe('all orders', () => {
  it('are for staff', async () => {
    await expect(allOrders(anonymous)).rejects.toThrow('UNAUTHENTICATED')
    await expect(allOrders(ada)).rejects.toThrow('FORBIDDEN')
    await expect(allOrders(service)).rejects.toThrow('FORBIDDEN')
  })

  it('come newest first and can be filtered by customer and status', async () => {
    const everything = idsOf(await allOrders(staff, { first: 100 }))
    expect(everything).toHaveLength(25)
    expect(everything?.slice(1)).toEqual([...graces, ...adas])
    const first = await allOrders(staff, { first: 24 })
    expect(first.pageInfo.hasNextPage).toBe(true)
    expect(idsOf(await allOrders(staff, { first: 24, after: first.pageInfo.endCursor }))).toEqual(
      everything?.slice(24),
    )
    expect(idsOf(await allOrders(staff, { filter: { customerId: grace.id, status: 'CONFIRMED' } }))).toEqual(
      graces,
    )
    expect(idsOf(await allOrders(staff, { filter: { customerId: 'no id' } }))).toEqual([])
  })
})

describe('the number of SQL statements', () => {
  const statementsFor = async (ask: () => Promise<unknown>): Promise<number> => {
    queries.reset()
    await ask()
    return queries.count()
  }

  it('is the same for a page of 1 and of 20 orders with items, payment, refunds and timeline', async () => {
    const one = await statementsFor(() => ordersOf(ada, ada.id, { first: 1 }))
    const twenty = await statementsFor(() => ordersOf(ada, ada.id, { first: 20 }))
    expect(one).toBe(4)
    expect(twenty).toBe(one)
  })

  it('is the same for 1 and for 20 references to orders', async () => {
    const ask = (ids: readonly string[]) => orders.ask(ada, entities, { representations: ids.map(orderRef) })
    const one = await statementsFor(() => ask(adas.slice(0, 1)))
    expect(one).toBe(4)
    expect(await statementsFor(() => ask(adas.slice(0, 20)))).toBe(one)
  })

  it('is the same for the orders of 1 and of 20 users', async () => {
    const others = Array.from({ length: 18 }, () => uuidv7())
    const ask = (ids: readonly string[]) =>
      orders.ask(staff, entities, { representations: ids.map(userRef), first: 2 })
    const one = await statementsFor(() => ask([ada.id]))
    expect(one).toBe(4)
    expect(await statementsFor(() => ask([ada.id, grace.id, ...others]))).toBe(one)
  })

  it('lets a lateral page hold what each user has', async () => {
    const { data } = await orders.ask(staff, entities, {
      representations: [ada.id, grace.id].map(userRef),
      first: 2,
    })
    const users = z.object({ _entities: z.array(z.object({ orders: page })) }).parse(data)._entities
    expect(idsOf(users[0]?.orders)).toEqual(adas.slice(0, 2))
    expect(idsOf(users[1]?.orders)?.[1]).toBe(graces[0])
  })
})

describe('a request without a valid identity', () => {
  const requests = [
    ['{ orders { edges { cursor } } }', {}],
    ['{ _service { sdl } }', {}],
    [entities, { representations: [orderRef(uuidv7())] }],
    [
      'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename } }',
      { input: { address } },
    ],
  ] as const

  it('is answered with 401, whatever it asks', async () => {
    const elsewhere = await orders.token(ada, { audience: 'products' })
    for (const [query, variables] of requests) {
      for (const token of [undefined, 'nonsense', elsewhere]) {
        const answer = await orders.post(token, query, variables)
        expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
        expect(answer.data).toBeUndefined()
      }
    }
  })

  it('does not get to speak for a user by signing as a service', async () => {
    const signed = await orders.token(ada, { issuer: 'stranger' })
    const query = 'query ($id: ID!) { order(id: $id) { id } }'
    expect((await orders.post(signed, query, { id: adas[0] })).data).toEqual({ order: null })
  })
})
