import { setTimeout as pause } from 'node:timers/promises'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { z } from 'zod'
import { createTally, type Tally } from '../../commands/retail/tally.ts'
import type { Random } from '../../testbed/random.ts'
import type { ProcessName } from '../../testbed/system/plan.ts'
import type { Accounts } from './accounts.ts'
import type { Ask, AskOutcome } from './ask.ts'
import {
  cancelOrderMutation,
  continuePaymentMutation,
  deliverOrderMutation,
  isDoneByStaff,
  isFinal,
  type PaymentAction,
  placeOrderMutation,
  type Reply,
  readCancelOrder,
  readPlaceOrder,
  refundOrderMutation,
  shipOrderMutation,
} from './replies.ts'

export const ordersProcesses = ['orders-1', 'orders-2'] as const

export type OrdersProcess = (typeof ordersProcesses)[number]

/** A product on the shelf, with the units that it started with. */
export type ShelfProduct = { readonly id: string; readonly units: number }

/** An order that somebody means to place once, however often they ask. */
export type Checkout = {
  /** The idempotency key, which also stands in the order's shipping address. */
  readonly key: string
  readonly customer: Viewer
  readonly items: readonly { readonly productId: string; readonly quantity: number }[]
  /** `pm_card_visa` if none is given. */
  readonly paymentMethod?: string
}

/** A shop with customers, which keeps what they asked for and what they were told. */
export type Shop = {
  readonly customers: Accounts['customers']
  readonly createProduct: (units: number) => Promise<ShelfProduct>
  /** Asks once. */
  readonly place: (checkout: Checkout, process: OrdersProcess) => Promise<Reply>
  /**
   * Asks under the same key, at one process or the other, until there is a final reply; gives the last reply if a minute passes
   * without one. `onAction` is told once what the customer has to do, if anything.
   */
  readonly checkOut: (
    checkout: Checkout,
    onAction?: (action: PaymentAction, orderId: string) => void,
  ) => Promise<Reply>
  /** Has the shop look once whether the customer has approved the payment. */
  readonly continuePayment: (orderId: string, customer: Viewer) => Promise<void>
  /** Cancels, again and again until there is a word; whether the order is cancelled. */
  readonly cancel: (orderId: string, customer: Viewer) => Promise<boolean>
  /** Sends a confirmed order and hands it over, asking again and again until there is a word. */
  readonly deliver: (orderId: string) => Promise<void>
  /** Has the staff refund everything of an order, asking again and again until there is a word. */
  readonly refund: (orderId: string) => Promise<void>
  readonly replies: Tally
  /** The checkouts, each with its final reply, or with its last reply if none is final. */
  readonly checkouts: () => readonly { readonly checkout: Checkout; readonly reply: Reply }[]
  readonly products: () => readonly ShelfProduct[]
  /** The different messages of answers without data. */
  readonly failures: () => readonly string[]
}

const patienceMs = 60_000

/** Opens a shop for a scenario, whose name begins every key and SKU. */
export const openShop = (
  ask: Ask,
  { name, random, customers, staff }: Accounts & { readonly name: string; readonly random: Random },
): Shop => {
  const replies = createTally()
  const told = new Map<string, { readonly checkout: Checkout; readonly reply: Reply }>()
  const products: ShelfProduct[] = []
  const failures = new Set<string>()

  const place: Shop['place'] = async (checkout, process) => {
    const { key, items, customer: viewer, paymentMethod = 'pm_card_visa' } = checkout
    const input = { idempotencyKey: key, items, paymentMethod, shippingAddress: { ...address, line1: key } }
    const reply = readPlaceOrder(
      await ask(process, { query: placeOrderMutation, variables: { input }, viewer }),
    )
    replies.add(reply.kind)
    if (reply.kind === 'failed') failures.add(reply.text)
    const earlier = told.get(key)
    if (earlier === undefined || !isFinal(earlier.reply)) told.set(key, { checkout, reply })
    return reply
  }

  const askStaff = async (orderId: string, query: string, input: object): Promise<void> => {
    const own = random.fork(`${query} ${orderId}`)
    const asking = () => ask(own.pick(ordersProcesses), { query, variables: { input }, viewer: staff })
    await untilDone(own, `what the staff wants of order ${orderId}`, asking)
  }

  return {
    customers,
    replies,
    checkouts: () => [...told.values()],
    products: () => products,
    failures: () => [...failures],
    place,
    checkOut: async (checkout, onAction = () => {}) => {
      const own = random.fork(checkout.key)
      const endsAtMs = Date.now() + patienceMs
      let isTold = false
      for (;;) {
        const reply = await place(checkout, own.pick(ordersProcesses))
        if (!isTold && reply.action !== null && reply.orderId !== null) {
          isTold = true
          onAction(reply.action, reply.orderId)
        }
        if (isFinal(reply) || Date.now() > endsAtMs) return reply
        await pause(reply.retryAfterMs + own.integer(0, 100))
      }
    },
    continuePayment: async (orderId, viewer) => {
      const service = random.fork(`continue ${orderId}`).pick(ordersProcesses)
      await ask(service, { query: continuePaymentMutation, variables: { input: { orderId } }, viewer })
    },
    cancel: async (orderId, viewer) => {
      const own = random.fork(`cancel ${orderId}`)
      const input = { orderId, reason: 'changed my mind' }
      for (const endsAtMs = Date.now() + patienceMs; Date.now() < endsAtMs; ) {
        const service: ProcessName = own.pick(ordersProcesses)
        const isCancelled = readCancelOrder(
          await ask(service, { query: cancelOrderMutation, variables: { input }, viewer }),
        )
        if (isCancelled !== undefined) return isCancelled
        await pause(own.integer(100, 300))
      }
      throw new Error(`no word on whether order ${orderId} is cancelled within ${patienceMs / 1_000} s`)
    },
    deliver: async orderId => {
      await askStaff(orderId, shipOrderMutation, { orderId, trackingNumber: 'JD014600', carrier: 'DHL' })
      await askStaff(orderId, deliverOrderMutation, { orderId })
    },
    refund: orderId =>
      askStaff(orderId, refundOrderMutation, { orderId, idempotencyKey: `refund ${orderId}` }),
    createProduct: async units => {
      const sku = `${name}-${products.length + 1}`.toUpperCase()
      const input = {
        sku,
        name: sku,
        priceMinor: random.integer(100, 5_000),
        currency: 'EUR',
        available: units,
      }
      const answer = await ask('products-1', {
        query: createProductMutation,
        variables: { input },
        viewer: staff,
      })
      if (answer.kind !== 'data') throw new Error(`no product ${sku}: ${answer.message}`)
      const product = { id: created.parse(answer.data).createProduct.product.id, units }
      products.push(product)
      return product
    },
  }
}

/** Asks again and again; throws with the last answer if it is not done within a minute. */
const untilDone = async (random: Random, what: string, ask: () => Promise<AskOutcome>): Promise<void> => {
  let answer = await ask()
  for (const endsAtMs = Date.now() + patienceMs; !isDoneByStaff(answer); answer = await ask()) {
    if (Date.now() > endsAtMs) throw new Error(`${what} is not done: ${JSON.stringify(answer)}`)
    await pause(random.integer(100, 300))
  }
}

const address = { name: 'Ada Lovelace', city: 'London', postalCode: 'SW1Y 4LB', country: 'GB' }

const createProductMutation = `mutation CreateProduct($input: CreateProductInput!) {
  createProduct(input: $input) { ... on CreateProductSuccess { product { id } } }
}`

const created = z.object({ createProduct: z.object({ product: z.object({ id: z.string() }) }) })
