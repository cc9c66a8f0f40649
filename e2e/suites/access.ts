import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { buildSchema, isObjectType } from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { services, subgraphNames } from '../../services.ts'
import {
  type Access,
  type AccessRow,
  type AccessRows,
  type Actor,
  actors,
  type Fixtures,
  type OpenFields,
} from '../../testbed/access.ts'
import {
  createGraphQLClient,
  type GraphQLClient,
  type GraphQLResponse,
  openSocketClient,
  signIn,
  signUp,
} from '../../testbed/graphql-client.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

const api = buildSchema(readFileSync('schema/api.graphql', 'utf8'))

type AccessOfSubgraph = { readonly rows: AccessRows; readonly openFields: OpenFields }

/** What each subgraph says of its own fields, in `tests/access.ts` of its folder. */
const accessOf = await Promise.all(
  subgraphNames().map(async subgraph => {
    const file = join(import.meta.dirname, '..', '..', services[subgraph].folder, 'tests', 'access.ts')
    const { rows, openFields }: AccessOfSubgraph = await import(/* @vite-ignore */ file)
    return { subgraph, rows, openFields }
  }),
)

const rows = accessOf.flatMap(({ subgraph, rows }) =>
  Object.entries(rows).map(([field, row]) => ({ field, subgraph, row })),
)

/** Whether a type is only the form in which things are listed. */
const isListing = (type: string): boolean => /(Connection|Edge)$/.test(type)

export const describeAccess = (systemOf: () => System): void => {
  describe('who may do what', () => {
    it('lists every field of the graph, and no field that the graph does not have', () => {
      const listed = [
        ...rows.map(({ field }) => field),
        ...accessOf.flatMap(({ openFields }) =>
          Object.entries(openFields).flatMap(([type, fields]) =>
            fields.split(' ').map(name => `${type}.${name}`),
          ),
        ),
      ]
      const types = Object.values(api.getTypeMap()).filter(isObjectType)
      const fields = types
        .filter(({ name }) => !name.startsWith('__') && !isListing(name))
        .flatMap(type => Object.keys(type.getFields()).map(field => `${type.name}.${field}`))
      expect(listed.toSorted()).toEqual(fields.toSorted())
    })

    let system: System
    let frontEnds: Readonly<Record<Exclude<Actor, 'service'>, GraphQLClient>>
    let fixtures: Fixtures

    beforeAll(async () => {
      system = systemOf()
      const demo = (name: string) =>
        signIn(system.urlOf('gateway'), { email: `${name}@example.com`, password: demoPassword })
      frontEnds = {
        anonymous: createGraphQLClient(system.urlOf('gateway')),
        owner: await demo('ada'),
        other: await signUp(system.urlOf('gateway'), 'Other Customer'),
        staff: await demo('staff'),
        admin: await demo('admin'),
      }
      fixtures = await makeFixtures(frontEnds.owner)
    })

    const askAsService = async ({ field, subgraph, row }: FieldRow): Promise<GraphQLResponse> => {
      const token = await createIdentitySigner('orders', identityKey.parse(system.identityKeys.orders)).sign(
        subgraph,
        {
          kind: 'service',
          name: 'orders',
          scopes: ['stock:reserve'],
        },
      )
      const url = system.urlOf(subgraph)
      if (field.startsWith('Subscription')) return firstOf(url, row.ask(fixtures), token)
      if (row.selection === undefined) return createGraphQLClient(url, token).ask(row.ask(fixtures))
      const { data, errors } = await createGraphQLClient(url, token).ask(
        `{ _entities(representations: [{ __typename: "User", id: "${fixtures.userId}" }]) { ... on User { ${row.selection} } } }`,
      )
      return { data: { user: data?._entities?.[0] ?? null }, ...(errors && { errors }) }
    }

    const askAs = async (actor: Actor, fieldRow: FieldRow): Promise<GraphQLResponse> => {
      if (actor === 'service') return askAsService(fieldRow)
      const { field, row } = fieldRow
      const frontEnd = frontEnds[actor]
      if (!field.startsWith('Subscription')) return frontEnd.ask(row.ask(fixtures))
      const watching = frontEnd.watch(row.ask(fixtures))
      try {
        const answer = watching.answer(1)
        if (causedByOrdering.includes(field)) await orderUntil(answer, frontEnd, fixtures)
        return await answer
      } finally {
        await watching.stop()
      }
    }

    it.each(rows)('$field', async fieldRow => {
      const found: Partial<Record<Actor, Access>> = {}
      const look = async (actor: Actor): Promise<void> => {
        found[actor] = accessIn(await askAs(actor, fieldRow), fieldRow.row)
      }
      // n.b. A subscription changes nothing, and takes 5 s to tell that an order is hidden.
      if (fieldRow.field.startsWith('Subscription')) await Promise.all(actors.map(look))
      // n.b. The owner asks after the users who are refused, since the owner's request may change the thing.
      else for (const actor of actors) await look(actor)
      expect(found).toEqual(fieldRow.row.expected)
    })
  })
}

type FieldRow = (typeof rows)[number]

const refusals = ['UNAUTHORIZED_FIELD_OR_TYPE', 'UNAUTHENTICATED', 'FORBIDDEN']

const accessIn = ({ data, errors = [] }: GraphQLResponse, { at }: AccessRow): Access => {
  if (errors.some(({ extensions }) => refusals.includes(extensions?.code ?? ''))) return 'refused'
  const value = at.reduce((parent, key) => parent?.[key] ?? null, data)
  if (value === null || value.__typename?.endsWith('NotFound')) return 'hidden'
  const unexpected = errors.filter(({ extensions }) => extensions?.code !== 'NOT_FOUND')
  if (unexpected.length > 0) throw new Error(JSON.stringify(unexpected))
  return 'allowed'
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

/** Orders something now and every 3 s until there is an answer. n.b. nothing tells since when a subscription sees orders */
const orderUntil = async (answer: Promise<unknown>, frontEnd: GraphQLClient, fixtures: Fixtures) => {
  const answered = answer.then(
    () => true,
    () => true,
  )
  do await orderSomething(frontEnd, fixtures)
  while (!(await Promise.race([answered, setTimeout(3_000, false)])))
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

/** The subscriptions that send nothing until something is ordered. */
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
