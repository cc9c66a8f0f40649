import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { EventContext } from '../events/event-scenario.ts'
import { openShop, type Shop } from '../shop/shop.ts'
import type { GatewayAsk } from './gateway-ask.ts'

const readers = 8
const orderers = 4
const units = 100_000
const pauseMs = { from: 50, to: 250 }

const catalogue =
  '{ products(first: 5) { edges { node { id name available unitsSold price { amountMinor } } } } }'
const mine =
  '{ me { id unreadNotificationCount orders(first: 3) { edges { node { id status items { product { name } } } } } } }'

/** Customers who read and order all the time until they are stopped, which waits for the final word on each order. */
export const startCustomers = async (
  { name, shop, random }: Pick<EventContext, 'name' | 'shop' | 'random'>,
  { ask }: Pick<GatewayAsk, 'ask'>,
): Promise<Running & { readonly shop: Shop; readonly confirmed: () => number }> => {
  const product = await shop.createProduct(units)
  const [staff] = shop.customers
  const own = openShop(ask, { name, random: random.fork('customers'), customers: shop.customers, staff })
  let isOver = false
  let confirmed = 0

  const repeat = async (index: number, act: (turn: number) => Promise<void>): Promise<void> => {
    const pauses = random.fork(`pauses ${index}`)
    for (let turn = 0; !isOver; turn += 1) {
      await act(turn)
      await pause(pauses.integer(pauseMs.from, pauseMs.to))
    }
  }
  const customerOf = (index: number) => shop.customers[index % shop.customers.length] ?? staff
  const read = (index: number) =>
    repeat(index, async turn => {
      const process = (index + turn) % 2 === 0 ? 'orders-1' : 'orders-2'
      const isGuest = index % 2 === 0
      await ask(process, {
        query: isGuest ? catalogue : mine,
        viewer: isGuest ? { kind: 'anonymous' } : customerOf(index),
      })
    })
  const order = (index: number) =>
    repeat(index, async turn => {
      const reply = await own.checkOut({
        key: `${name} customer ${index} order ${turn}`,
        customer: customerOf(index),
        items: [{ productId: product.id, quantity: 1 }],
      })
      if (reply.kind === 'confirmed') confirmed += 1
    })
  const living = Promise.all(
    Array.from({ length: readers + orderers }, (_, index) => (index < readers ? read(index) : order(index))),
  )
  // n.b. whoever stops them is told; without a handler now, an earlier failure would end the process
  living.catch(() => {})

  return {
    shop: own,
    confirmed: () => confirmed,
    stop: async () => {
      isOver = true
      await living
    },
  }
}
