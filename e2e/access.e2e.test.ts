import { readFileSync } from 'node:fs'
import { createIdentitySigner, identityKey } from '@supergraph/runtime/identity.ts'
import { buildSchema, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createGraphQLClient,
  type GraphQLClient,
  type GraphQLResponse,
  openSocketClient,
  signIn,
  signUp,
} from '../testbed/graphql-client.ts'
import {
  type Actor,
  actors,
  type Fixtures,
  isListing,
  type Outcome,
  openFields,
  type Row,
  rows,
} from './access-matrix.ts'
import { type Allocation, allocations, demoPassword, type Subgraph } from './allocations.ts'

const api = buildSchema(readFileSync('schema/api.graphql', 'utf8'))

it('lists every field of the graph, and none that is not there', () => {
  const listed = new Set([
    ...Object.keys(rows),
    ...Object.entries(openFields).flatMap(([type, fields]) =>
      fields.split(' ').map(field => `${type}.${field}`),
    ),
  ])
  const types = Object.values(api.getTypeMap()).filter(isObjectType)
  const fields = types
    .filter(({ name }) => !name.startsWith('__') && !isListing(name))
    .flatMap(type => Object.keys(type.getFields()).map(field => `${type.name}.${field}`))
  expect([...listed].toSorted()).toEqual(fields.toSorted())
})

describe.each(allocations())('who may do what, $allocation', ({ start, isRunnable }) => {
  describe.runIf(isRunnable)('', () => {
    let system: Allocation
    let frontEnds: Readonly<Record<Exclude<Actor, 'service'>, GraphQLClient>>
    let fixtures: Fixtures

    beforeAll(async () => {
      system = await start()
      const demo = (name: string) =>
        signIn(system.url, { email: `${name}@example.com`, password: demoPassword })
      frontEnds = {
        anonymous: createGraphQLClient(system.url),
        owner: await demo('ada'),
        other: await signUp(system.url, 'Other Customer'),
        staff: await demo('staff'),
        admin: await demo('admin'),
      }
      fixtures = await makeFixtures(frontEnds.owner)
    })
    afterAll(() => system?.stop())

    const askAsService = async (field: string, row: Row): Promise<GraphQLResponse> => {
      const subgraph = subgraphOf(field)
      const token = await createIdentitySigner('orders', identityKey.parse(system.identityKeys.orders)).sign(
        subgraph,
        {
          kind: 'service',
          name: 'orders',
          scopes: ['stock:reserve'],
        },
      )
      const url = system.subgraphUrl(subgraph)
      if (field.startsWith('Subscription')) return firstOf(url, row.ask(fixtures), token)
      if (row.selection === undefined) return createGraphQLClient(url, token).ask(row.ask(fixtures))
      const { data, errors } = await createGraphQLClient(url, token).ask(
        `{ _entities(representations: [{ __typename: "User", id: "${fixtures.userId}" }]) { ... on User { ${row.selection} } } }`,
      )
      return { data: { user: data?._entities?.[0] ?? null }, ...(errors && { errors }) }
    }

    const askAs = async (actor: Actor, field: string, row: Row): Promise<GraphQLResponse> => {
      if (actor === 'service') return askAsService(field, row)
      const frontEnd = frontEnds[actor]
      if (!field.startsWith('Subscription')) return frontEnd.ask(row.ask(fixtures))
      const watching = frontEnd.watch(row.ask(fixtures))
      try {
        if (causedByOrdering.includes(field)) await orderSomething(frontEnd, fixtures)
        return await watching.answer(1)
      } finally {
        await watching.stop()
      }
    }

    it.each(Object.entries(rows))('%s', async (field, row) => {
      const outcomes: Partial<Record<Actor, Outcome>> = {}
      // n.b. in this order: the owner is last, since the owner's request may change the thing
      for (const actor of actors) outcomes[actor] = outcomeOf(await askAs(actor, field, row), row)
      expect(outcomes).toEqual(row.expected)
    })
  })
})

const refusals = ['UNAUTHORIZED_FIELD_OR_TYPE', 'UNAUTHENTICATED', 'FORBIDDEN']

const outcomeOf = ({ data, errors = [] }: GraphQLResponse, { at }: Row): Outcome => {
  if (errors.some(({ extensions }) => refusals.includes(extensions?.code ?? ''))) return 'refused'
  const value = at.reduce((parent, key) => parent?.[key] ?? null, data)
  if (value === null || value.__typename?.endsWith('NotFound')) return 'hidden'
  const unexpected = errors.filter(({ extensions }) => extensions?.code !== 'NOT_FOUND')
  if (unexpected.length > 0) throw new Error(JSON.stringify(unexpected))
  return 'allowed'
}

const subgraphOf = (field: string): Subgraph => {
  const [type = '', name = ''] = field.split('.')
  const noun = ['Query', 'Mutation', 'User'].includes(type) ? name : type
  if (/sales|sellers/i.test(noun)) return 'analytics'
  if (type === 'Subscription' || /notification/i.test(noun)) return 'notifications'
  if (/order/i.test(noun)) return 'orders'
  return /product|stock/i.test(noun) ? 'products' : 'users'
}

/** The first answer to a subscription at a subgraph itself. */
const firstOf = async (url: string, query: string, identity: string): Promise<GraphQLResponse> => {
  const { client } = openSocketClient(url)
  try {
    const [answer] = await Array.fromAsync(take(client.iterate({ query, extensions: { identity } })))
    return JSON.parse(JSON.stringify(answer ?? { data: null }))
  } catch (errors) {
    return { data: null, errors: JSON.parse(JSON.stringify(errors)) }
  } finally {
    await client.dispose()
  }
}

const take = async function* <T>(values: AsyncIterable<T>) {
  for await (const value of values) {
    yield value
    return
  }
}

const makeFixtures = async (owner: GraphQLClient): Promise<Fixtures> => {
  const addAddress = `mutation { addAddress(input: { address: { name: "A", line1: "1 Road", city: "Town", postalCode: "1", country: "DE" } }) { ... on AddAddressSuccess { address { id } } } }`
  const kept = await owner.ask(addAddress)
  const removed = await owner.ask(addAddress)
  const { data } = await owner.ask(`{
    me { id orders(first: 1, status: DELIVERED) { edges { node { id } } } notifications(first: 1) { edges { node { id } } } }
    products(first: 1, filter: { inStock: true }) { edges { node { id } } }
  }`)
  return {
    userId: data.me.id,
    orderId: data.me.orders.edges[0].node.id,
    notificationId: data.me.notifications.edges[0].node.id,
    keptAddressId: kept.data.addAddress.address.id,
    removedAddressId: removed.data.addAddress.address.id,
    productId: data.products.edges[0].node.id,
    nobodysId: crypto.randomUUID(),
  }
}

/** What sends nothing until something is ordered. */
const causedByOrdering = ['Subscription.notificationAdded', 'Subscription.orderPlaced']

const orderSomething = (frontEnd: GraphQLClient, { productId }: Fixtures) =>
  frontEnd.ask(`mutation Place($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename } }`, {
    input: {
      idempotencyKey: crypto.randomUUID(),
      items: [{ productId, quantity: 1 }],
      paymentMethod: 'pm_card_visa',
      shippingAddress: { name: 'A', line1: '1 Road', city: 'Town', postalCode: '1', country: 'DE' },
    },
  })
