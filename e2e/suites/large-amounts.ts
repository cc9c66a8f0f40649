import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type GraphQLClient, signIn, signUp } from '../../testbed/graphql-client.ts'
import { byStaff, order, orderPage } from '../../testbed/orders.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

const rupiah = 2_500_000_000

// n.b. a document from before amounts had 53 bits
const create = `mutation Create($sku: String!, $price: Int!, $currency: String!) {
  createProduct(input: { sku: $sku, name: "Gold ring", priceMinor: $price, currency: $currency, available: 9 }) {
    __typename
    ... on CreateProductSuccess { product { id price { amountMinor currency } } }
    ... on Failure { message }
  }
}`
const dearest = `query Dearest($min: Int, $after: String) {
  products(first: 1, after: $after, sort: PRICE_DESC, filter: { minPriceMinor: $min }) {
    edges { cursor node { id price { amountMinor } } }
  }
}`

export const describeLargeAmounts = (systemOf: () => System): void => {
  describe('an amount beyond 32 bits', () => {
    let system: System
    let buyer: GraphQLClient
    let staff: GraphQLClient

    beforeAll(async () => {
      system = systemOf()
      buyer = await signUp(system.urlOf('gateway'), 'Kartini')
      staff = await signIn(system.urlOf('gateway'), { email: 'staff@example.com', password: demoPassword })
    })

    const createRing = async (price: number, currency = 'IDR') =>
      (await staff.ask(create, { sku: crypto.randomUUID(), price, currency })).data.createProduct

    it('is ordered, charged, refunded, counted and told to the buyer', async () => {
      const { product } = await createRing(rupiah)
      expect(product.price).toEqual({ amountMinor: rupiah, currency: 'IDR' })
      expect(await order(buyer, product.id, { quantity: 2, expectedTotalMinor: rupiah })).toMatchObject({
        __typename: 'PriceChanged',
        newTotal: { amountMinor: 2 * rupiah, currency: 'IDR' },
      })
      const placed = await order(buyer, product.id, { quantity: 2, expectedTotalMinor: 2 * rupiah })
      expect(placed.order).toMatchObject({ status: 'CONFIRMED', total: { amountMinor: 2 * rupiah } })
      const orderId = placed.order.id

      const input = { orderId, items: [{ productId: product.id, quantity: 1 }], idempotencyKey: orderId }
      expect((await byStaff(staff, 'refundOrder', input)).refund).toMatchObject({
        status: 'SUCCEEDED',
        amount: { amountMinor: rupiah },
      })
      expect((await buyer.ask(orderPage, { id: orderId })).data.order.payment).toMatchObject({
        status: 'PARTIALLY_REFUNDED',
        refunded: { amountMinor: rupiah },
        refunds: [{ amount: { amountMinor: rupiah } }],
      })

      await vi.waitFor(async () => {
        const today = new Date().toISOString().slice(0, 10)
        const sold = await staff.ask(
          `{ salesSummary(from: "${today}", to: "${today}") { totals { currency soldMinor returnedMinor revenueMinor } } }`,
        )
        expect(sold.data.salesSummary.totals).toContainEqual({
          currency: 'IDR',
          soldMinor: 2 * rupiah,
          returnedMinor: rupiah,
          revenueMinor: rupiah,
        })
        const told = await buyer.ask('{ me { notifications(first: 9) { edges { node { kind body } } } } }')
        const bodies = JSON.stringify(told.data.me.notifications.edges).replaceAll('\u00a0', ' ')
        expect(bodies).toContain('for IDR 50,000,000.00')
        expect(bodies).toContain('We have returned IDR 25,000,000.00')
      })
    })

    it('sorts and filters the catalogue', async () => {
      const { product } = await createRing(9_007_199_254_740_991)
      const { product: second } = await createRing(9_007_199_254_740_990)
      const first = (await buyer.ask(dearest, { min: 2_147_483_647 })).data.products.edges[0]
      expect(first.node).toEqual({ id: product.id, price: { amountMinor: 9_007_199_254_740_991 } })
      const next = (await buyer.ask(dearest, { after: first.cursor })).data.products.edges[0]
      expect(next.node).toEqual({ id: second.id, price: { amountMinor: 9_007_199_254_740_990 } })
      const overSocket = buyer.watch(dearest, { min: 2_147_483_647 })
      expect((await overSocket.answer(1)).data.products.edges[0].node).toEqual(first.node)
      await overSocket.stop()
    })

    it.each([
      ['below what can be paid', 'EUR', 30, 1, '€0.30'],
      ['above what can be paid', 'EUR', 10_000_000, 10, '€1,000,000.00'],
      ['beyond 53 bits', 'IDR', 9_007_199_254_740_991, 2, '9,007,199,254,740,991'],
    ])('%s is refused with the figure, and keeps no stock', async (_, currency, price, quantity, figure) => {
      const { product } = await createRing(price, currency)
      const total = Math.min(price * quantity, Number.MAX_SAFE_INTEGER)
      const refused = await order(buyer, product.id, { quantity: quantity, expectedTotalMinor: total })
      expect(refused).toMatchObject({ __typename: 'InvalidOrder', message: expect.stringContaining(figure) })
      const { data } = await buyer.ask(`{ product(id: "${product.id}") { available } }`)
      expect(data.product.available).toBe(9)
    })

    it.each([9_007_199_254_740_992, 1.5, '1800', null])('of %j is refused by name', async price => {
      const { errors } = await staff.ask(create, { sku: crypto.randomUUID(), price, currency: 'EUR' })
      expect(errors).toMatchObject([
        { message: expect.stringContaining('$price'), extensions: { code: 'BAD_USER_INPUT' } },
      ])
    })
  })
}
