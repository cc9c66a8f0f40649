import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type GraphQLClient, signIn } from '../../testbed/graphql-client.ts'
import { cancel, order } from '../../testbed/orders.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

export const describeAnalytics = (systemOf: () => System): void => {
  describe('what sells', () => {
    let system: System
    let ada: GraphQLClient
    let staff: GraphQLClient

    beforeAll(async () => {
      system = systemOf()
      ada = await signIn(system.urlOf('gateway'), { email: 'ada@example.com', password: demoPassword })
      staff = await signIn(system.urlOf('gateway'), { email: 'staff@example.com', password: demoPassword })
    })

    it('is counted from past orders, with the name and everything that other services know of a product', async () => {
      await vi.waitFor(async () => {
        const { data } = await ada.ask(
          '{ bestSellers(first: 3) { name unitsSold product { name price { currency } } } }',
        )
        expect(data.bestSellers).toHaveLength(3)
        const units = data.bestSellers.map(({ unitsSold }: { unitsSold: number }) => unitsSold)
        expect(units).toEqual(units.toSorted((a: number, b: number) => b - a))
        for (const { name, product } of data.bestSellers) {
          expect(product).toEqual({ name, price: { currency: 'EUR' } })
        }
      })
    })

    it('grows with an order, shrinks with its cancellation, and has the newest name', async () => {
      const created = await staff.ask(
        `mutation Create($input: CreateProductInput!) {
          createProduct(input: $input) { ... on CreateProductSuccess { product { id unitsSold } } }
        }`,
        {
          input: { sku: crypto.randomUUID(), name: 'Mug', priceMinor: 1_800, currency: 'EUR', available: 5 },
        },
      )
      const mug = created.data.createProduct.product
      expect(mug.unitsSold).toBe(0)
      const unitsSold = async () =>
        (await ada.ask(`{ product(id: "${mug.id}") { unitsSold } }`)).data.product.unitsSold
      const placed = await order(ada, mug.id, { quantity: 2 })
      await vi.waitFor(async () => expect(await unitsSold()).toBe(2))
      await cancel(ada, placed.order.id)
      await vi.waitFor(async () => expect(await unitsSold()).toBe(0))

      const name = `A mug called ${crypto.randomUUID()}`
      await staff.ask(
        'mutation Rename($input: UpdateProductInput!) { updateProduct(input: $input) { __typename } }',
        { input: { productId: mug.id, name } },
      )
      const today = new Date().toISOString().slice(0, 10)
      await vi.waitFor(async () => {
        const { data } = await staff.ask(
          `{ salesSummary(from: "2026-01-01", to: "${today}") { products(first: 100) { name product { id } } } }`,
        )
        expect(data.salesSummary.products).toContainEqual({ name, product: { id: mug.id } })
      })
    })
  })
}
