import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { OrderReads } from '../database/order-reads.ts'
import type { DueStep, OrderStore } from '../database/order-store.ts'
import type { OrderRow } from '../database/tables.ts'
import { type Offer, priceBasket } from '../domain/basket.ts'
import { cancelOrder, type OrderStatus, type Refusal } from '../domain/order.ts'
import { hashOrderInput, type InvalidInput, type OrderInput, parseOrderInput } from '../domain/order-input.ts'
import { type ProductsClient, ProductsUnavailable } from '../products-client.ts'
import type { Steps } from './steps.ts'

/** What became of a request to place an order. */
export type PlaceOutcome =
  | { readonly kind: 'placed'; readonly order: OrderRow }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'unavailable'; readonly productIds: readonly string[] }
  | { readonly kind: 'keyReused' }
  | ({ readonly kind: 'invalid' } & InvalidInput)
  | { readonly kind: 'tryAgain'; readonly retryAfterSeconds: number }

/** What became of a request to cancel an order. */
export type CancelOutcome =
  | { readonly kind: 'cancelled'; readonly order: OrderRow }
  | { readonly kind: 'illegal'; readonly from: OrderStatus; readonly to: OrderStatus }

/** Drives orders to their outcome while somebody waits for it. */
export type Checkout = ReturnType<typeof createCheckout>

/** How long a customer waits for one step. */
const deadlineMs = 3_000
const retryAfterSeconds = 2

export const createCheckout = (dependencies: {
  readonly store: OrderStore
  readonly reads: OrderReads
  readonly steps: Steps
  readonly products: ProductsClient
  readonly logger: Logger
}) => {
  const { store, reads, steps, products, logger } = dependencies

  const loadOffers = async (ids: readonly string[]): Promise<readonly Offer[] | undefined> => {
    try {
      return await products.loadOffers(ids)
    } catch (error) {
      if (!(error instanceof ProductsUnavailable)) throw error
      logger.warn({ err: error }, 'no order can be placed now')
      return undefined
    }
  }

  /** n.b. a step that fails or comes late is no failure of the request: its row says that it is still to be done. */
  const perform = (due: DueStep): Promise<void> =>
    steps.perform(due).catch((error: unknown) => {
      logger.warn({ ...due, err: error }, 'a step of the checkout is left to the sweeper')
    })

  const performInTime = async (due: DueStep): Promise<void> => {
    const timer = new AbortController()
    const deadline = pause(deadlineMs, undefined, timer).catch(() => undefined)
    await Promise.race([perform(due), deadline])
    timer.abort()
  }

  const reserve = async (orderId: string): Promise<PlaceOutcome> => {
    await performInTime({ orderId, step: 'RESERVE' })
    const order = await readOrder(reads, orderId)
    // n.b. not awaited: whoever is refused need not wait for what makes sure that nothing was taken
    if (order.nextStep === 'RELEASE') void perform({ orderId, step: 'RELEASE' })
    return toOutcome(order)
  }

  const replay = async (known: OrderRow, inputHash: string): Promise<PlaceOutcome> => {
    if (known.inputHash !== inputHash) return { kind: 'keyReused' }
    return known.nextStep === 'RESERVE' ? reserve(known.id) : toOutcome(known)
  }

  const place = async (customerId: string, input: OrderInput): Promise<PlaceOutcome> => {
    const { idempotencyKey, items, shippingAddress } = input
    const inputHash = hashOrderInput(input)
    const known = await reads.byKey(customerId, idempotencyKey)
    if (known !== null) return replay(known, inputHash)

    const offers = await loadOffers(items.map(({ productId }) => productId).filter(isUuid))
    if (offers === undefined) return { kind: 'tryAgain', retryAfterSeconds }
    const basket = priceBasket(items, offers)
    if (basket.kind !== 'priced') return basket

    const { lines, total } = basket
    const orderId = await store.place(
      { customerId, lines, total, shippingAddress, idempotencyKey, inputHash },
      new Date(),
    )
    if (orderId !== undefined) return reserve(orderId)
    const winner = await reads.byKey(customerId, idempotencyKey)
    if (winner === null) throw new Error(`The order with the key of customer ${customerId} is gone.`)
    return replay(winner, inputHash)
  }

  return {
    /** Places an order, or answers a repeated request with the outcome of the first; PENDING after 3 s of reserving. */
    place: async (customerId: string, input: unknown): Promise<PlaceOutcome> => {
      const parsed = parseOrderInput(input)
      return parsed.kind === 'invalid' ? parsed : place(customerId, parsed.input)
    },

    /** Cancels an order, which must exist, and gives its stock back, at once where products answers. */
    cancel: async (orderId: string, reason: string | null): Promise<CancelOutcome> => {
      const transition = await store.change(orderId, order => cancelOrder(order, { reason }, new Date()))
      if (transition.kind === 'illegal') return transition
      if (transition.kind === 'changed') await performInTime({ orderId, step: 'RELEASE' })
      return { kind: 'cancelled', order: await readOrder(reads, orderId) }
    },
  }
}

const readOrder = async (reads: OrderReads, orderId: string): Promise<OrderRow> => {
  const [order] = await reads.byIds([orderId])
  if (order === undefined) throw new Error(`Order ${orderId} is gone.`)
  return order
}

const toOutcome = (order: OrderRow): PlaceOutcome =>
  order.failure === null ? { kind: 'placed', order } : { kind: 'refused', refusal: order.failure }
