import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { EventContext } from '../events/event-scenario.ts'

const buyers = 6
const readers = 6
const buysAfterMs = 600
const readsAfterMs = 250
const units = 100_000

const catalogue =
  '{ products(first: 5) { edges { node { id name available unitsSold price { amountMinor } } } } }'
const mine = `{
  me { id name unreadNotificationCount notifications(first: 3) { edges { node { id title } } }
       orders(first: 3) { edges { node { id status items { productName product { name } } } } } }
}`

/** Lets people read pages and order, again and again until stopped; what is under way then is finished. */
export const startCustomers = async ({ name, shop, random, ask }: EventContext): Promise<Running> => {
  const product = await shop.createProduct(units)
  let isOver = false
  const repeat = async (afterMs: number, work: (index: number) => Promise<unknown>): Promise<void> => {
    for (let index = 0; !isOver; index += 1) {
      await work(index)
      await pause(afterMs)
    }
  }
  const buy = (buyer: number) =>
    repeat(buysAfterMs, async index => {
      const key = `${name} ${buyer} ${index}`
      const customer = random.fork(key).pick(shop.customers)
      await shop.checkOut({ key, customer, items: [{ productId: product.id, quantity: 1 }] })
    })
  const read = (reader: number) =>
    repeat(readsAfterMs, async index => {
      const viewer = random.fork(`reads ${reader} ${index}`).pick(shop.customers)
      const query = index % 2 === 0 ? catalogue : mine
      await ask(reader % 2 === 0 ? 'orders-1' : 'orders-2', { query, viewer })
    })
  const running = [
    ...Array.from({ length: buyers }, (_, index) => buy(index)),
    ...Array.from({ length: readers }, (_, index) => read(index)),
  ]
  return {
    stop: async () => {
      isOver = true
      await Promise.all(running)
    },
  }
}
