import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createGraphQLClient, type GraphQLClient, signIn, signUp } from '../../testbed/graphql-client.ts'
import { cancel, cancelOrder, order } from '../../testbed/orders.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

const orderUpdated = `subscription OrderUpdated($orderId: ID!) {
  orderUpdated(orderId: $orderId) {
    type
    version
    order {
      status
      total { amountMinor currency }
      customer { name unreadNotificationCount }
      items { quantity product { name available } }
    }
  }
}`

const notificationAdded = `subscription {
  notificationAdded { notification { kind title order { number status customer { name } } } }
}`

const search = `query Search($search: String!) {
  products(first: 1, filter: { search: $search, inStock: true }) {
    edges { node { id name available price { amountMinor currency } } }
  }
}`

export const describeShopping = (systemOf: () => System): void => {
  describe('a customer', () => {
    let system: System
    let mary: GraphQLClient

    beforeAll(async () => {
      system = systemOf()
      mary = await signUp(system.urlOf('gateway'), 'Mary Jackson')
    })

    const findProduct = async () => {
      const { data } = await mary.ask(search, { search: 'mug' })
      return data.products.edges[0].node
    }
    const watch = (...[query, variables]: Parameters<GraphQLClient['watch']>) => {
      const watching = mary.watch(query, variables)
      onTestFinished(watching.stop)
      return watching
    }

    it('searches, orders, watches the order live, cancels it, and the stock returns', async () => {
      const product = await findProduct()
      const notifications = watch(notificationAdded)
      const placed = await order(mary, product.id, { quantity: 2 })
      expect(placed).toMatchObject({
        __typename: 'PlaceOrderSuccess',
        order: { status: 'CONFIRMED', version: 2, total: { amountMinor: 2 * product.price.amountMinor } },
      })

      const updates = watch(orderUpdated, { orderId: placed.order.id })
      await vi.waitFor(() => expect(updates.received.at(-1)?.data.orderUpdated.version).toBe(2))
      expect(updates.received.at(-1)?.data.orderUpdated).toEqual({
        type: 'order.confirmed',
        version: 2,
        order: {
          status: 'CONFIRMED',
          total: placed.order.total,
          customer: { name: 'Mary Jackson', unreadNotificationCount: expect.any(Number) },
          items: [{ quantity: 2, product: { name: product.name, available: product.available - 2 } }],
        },
      })

      expect(await cancel(mary, placed.order.id, 'too many mugs')).toMatchObject({
        __typename: 'CancelOrderSuccess',
        order: { status: 'CANCELLED', version: 3 },
      })
      await vi.waitFor(() => expect(updates.received.at(-1)?.data.orderUpdated.version).toBe(3))
      expect(updates.received.at(-1)?.data.orderUpdated).toMatchObject({
        type: 'order.cancelled',
        order: { status: 'CANCELLED' },
      })
      const versions = updates.received.map(({ data }) => data.orderUpdated.version)
      expect(versions).toEqual(versions.toSorted())

      const kinds = () =>
        notifications.received
          .map(({ data }) => data.notificationAdded.notification)
          .filter(({ order }) => order)
      await vi.waitFor(
        () => expect(kinds().map(({ kind }) => kind)).toEqual(['ORDER_CONFIRMED', 'ORDER_CANCELLED']),
        15_000,
      )
      expect(kinds()[1]).toMatchObject({ order: { status: 'CANCELLED', customer: { name: 'Mary Jackson' } } })
      await vi.waitFor(async () => expect((await findProduct()).available).toBe(product.available))
    })

    it('reads everything about herself in one request', async () => {
      const { data, errors } = await mary.ask(`{
        me {
          name
          orders(first: 1) { edges { node { number items { product { sku } productName } timeline { status } } } }
          notifications(first: 10) { edges { node { kind title } } }
          unreadNotificationCount
        }
      }`)
      expect(errors).toBeUndefined()
      expect(data.me.name).toBe('Mary Jackson')
      expect(data.me.orders.edges[0].node.timeline).toEqual([
        { status: 'PENDING' },
        { status: 'CONFIRMED' },
        { status: 'CANCELLED' },
      ])
      const kinds = data.me.notifications.edges.map(({ node }: { node: { kind: string } }) => node.kind)
      expect(kinds.toSorted()).toEqual(['ORDER_CANCELLED', 'ORDER_CONFIRMED', 'WELCOME'])
      expect(data.me.unreadNotificationCount).toBe(3)
    })

    it('is refused what is out of stock, and the shop keeps every unit', async () => {
      const product = await findProduct()
      const refused = await order(mary, product.id, { quantity: product.available + 1 })
      expect(refused.__typename).toBe('OutOfStock')
      expect((await findProduct()).available).toBe(product.available)
    })

    it('sees and changes nothing of what is not hers', async () => {
      const product = await findProduct()
      const placed = await order(mary, product.id)
      const orderId = placed.order.id
      const stranger = await signUp(system.urlOf('gateway'), 'Eve Stranger')
      const foreign = await stranger.ask('query Foreign($id: ID!) { order(id: $id) { id } }', { id: orderId })
      expect(foreign).toEqual({ data: { order: null } })
      const foreignCancel = await stranger.ask(cancelOrder, { input: { orderId } })
      const unknown = await stranger.ask(cancelOrder, { input: { orderId: crypto.randomUUID() } })
      expect(foreignCancel).toEqual(unknown)
      expect(foreignCancel.data.cancelOrder.__typename).toBe('OrderNotFound')
      const spying = stranger.watch(orderUpdated, { orderId })
      onTestFinished(spying.stop)
      const { errors } = await spying.answer(1)
      expect(errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
      const anonymous = createGraphQLClient(system.urlOf('gateway')).watch(notificationAdded)
      onTestFinished(anonymous.stop)
      expect((await anonymous.answer(1)).errors?.[0]?.extensions?.code).toBe('UNAUTHORIZED_FIELD_OR_TYPE')
    })

    it('finds the demo shop: orders in every status that lasts, whose snapshots name the products they hold', async () => {
      const staff = await signIn(system.urlOf('gateway'), {
        email: 'staff@example.com',
        password: demoPassword,
      })
      const { data, errors } = await staff.ask(`{
        orders(first: 100) {
          edges { node { status customer { name } items { productName sku unitPrice { amountMinor } product { name sku price { amountMinor } } } } }
        }
      }`)
      expect(errors).toBeUndefined()
      const nodes = data.orders.edges.map(({ node }: { node: unknown }) => node)
      const statuses = new Set(nodes.map(({ status }: { status: string }) => status))
      expect([...statuses].toSorted()).toEqual([
        'CANCELLED',
        'CONFIRMED',
        'DELIVERED',
        'REFUNDED',
        'REJECTED',
        'SHIPPED',
      ])
      for (const { customer, items } of nodes) {
        expect(customer.name).toEqual(expect.any(String))
        for (const { productName, sku, unitPrice, product } of items) {
          expect(product).toEqual({ name: productName, sku, price: unitPrice })
        }
      }
    })
  })
}
