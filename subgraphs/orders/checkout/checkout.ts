import { setTimeout as pause } from 'node:timers/promises'
import { createAdmission } from '@supergraph/runtime/admission.ts'
import { remainingMs } from '@supergraph/runtime/deadline.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { CallNotMade, OutcomeUnknown } from '../calls.ts'
import type { KnownKey } from '../database/idempotency-keys.ts'
import type { OrderReads } from '../database/order-reads.ts'
import type { Changed, DueStep, OrderStore, Replayed } from '../database/order-store.ts'
import type { OrderRow } from '../database/tables.ts'
import { type Offer, type PricedBasket, priceBasket } from '../domain/basket.ts'
import type { Refusal } from '../domain/order.ts'
import { hashOrderInput, type InvalidInput, type OrderInput, parseOrderInput } from '../domain/order-input.ts'
import type { Payments } from '../payments.ts'
import type { ProductsClient } from '../products-client.ts'
import type { Driver } from './driver.ts'

/** What became of a request to place an order. */
export type PlaceOutcome =
  | { readonly kind: 'placed'; readonly order: OrderRow }
  | { readonly kind: 'refused'; readonly refusal: Exclude<Refusal, { readonly kind: 'Unavailable' }> }
  | Exclude<PricedBasket, { readonly kind: 'priced' }>
  | { readonly kind: 'keyReused' }
  | ({ readonly kind: 'invalid' } & InvalidInput)
  | { readonly kind: 'tryAgain'; readonly retryAfterSeconds: number }

/** Drives orders to their outcome while somebody waits for it. */
export type Checkout = ReturnType<typeof createCheckout>

/** How long somebody waits for their turn and then for their order, and what of their own deadline is left for the way back. */
const longestQueueMs = 10_000
const longestWaitMs = 3_000
const wayBackMs = 500
const askAgainMs = 100
const bounds = { maxInside: 32, maxWaiting: 2_000 }
const operation = 'placeOrder'
const tryAgain = { kind: 'tryAgain', retryAfterSeconds: 2 } as const

export const createCheckout = (dependencies: {
  readonly store: OrderStore
  readonly reads: OrderReads
  readonly driver: Driver
  readonly products: ProductsClient
  readonly payments: Payments
  readonly logger: Logger
}) => {
  const { store, reads, driver, products, payments, logger } = dependencies
  const admission = createAdmission(bounds)
  const underWay = new Map<string, { readonly inputHash: string; readonly outcome: Promise<PlaceOutcome> }>()

  /** What has become of an order by the deadline, or before it where it is settled. */
  const follow = async (orderId: string, deadlineAtMs: number): Promise<OrderRow> => {
    for (;;) {
      const [order] = await reads.byIds([orderId])
      if (order === undefined) throw new Error(`Order ${orderId} is gone.`)
      const leftMs = remainingMs(deadlineAtMs)
      if (order.status !== 'PENDING' || leftMs === 0) return order
      await pause(Math.min(askAgainMs, leftMs))
    }
  }

  const replay = async (known: KnownKey, { inputHash, deadlineAtMs }: Request): Promise<PlaceOutcome> =>
    known.operation === operation && known.inputHash === inputHash
      ? toOutcome(await follow(known.orderId, deadlineAtMs))
      : { kind: 'keyReused' }

  const loadOffers = async ({ input, deadlineAtMs }: Request): Promise<readonly Offer[] | undefined> => {
    const ids = input.items.map(({ productId }) => productId).filter(isUuid)
    try {
      return await products.loadOffers(ids, deadlineAtMs)
    } catch (error) {
      if (!(error instanceof CallNotMade || error instanceof OutcomeUnknown)) throw error
      logger.warn({ err: error }, 'no order can be placed now')
      return undefined
    }
  }

  const begin = async (request: Request): Promise<PlaceOutcome | Changed | Replayed> => {
    const { customerId, input, inputHash, deadlineAtMs } = request
    const { items, shippingAddress, paymentMethod, expectedTotalMinor, idempotencyKey } = input
    const offers = products.isAvailable() ? await loadOffers(request) : undefined
    if (offers === undefined) return tryAgain
    const basket = priceBasket(items, offers, expectedTotalMinor)
    if (basket.kind !== 'priced') return basket
    const { lines, total } = basket
    const canPay = total.amountMinor === 0 || payments.isAvailable()
    if (!canPay || remainingMs(deadlineAtMs) === 0) return tryAgain
    const key = { userId: customerId, key: idempotencyKey, operation, inputHash } as const
    return store.place({ customerId, lines, total, shippingAddress, paymentMethod, key }, new Date())
  }

  const placeNew = async (queued: Request): Promise<PlaceOutcome> => {
    const leave = await admission.enter(queueUntil(queued.callerDeadlineAtMs))
    if (leave === 'full' || leave === 'late') return tryAgain
    const deadlineAtMs = waitUntil(queued.callerDeadlineAtMs)
    const request = { ...queued, deadlineAtMs }
    let driving: Promise<OrderRow | undefined> | undefined
    try {
      const begun = await begin(request)
      if (begun.kind === 'replayed') return replay(begun.known, request)
      if (begun.kind !== 'changed') return begun
      if (begun.due !== null) driving = driver.drive(begun.due)
      const order = driving === undefined ? begun.row : await inTime(driving, deadlineAtMs)
      return toOutcome(order ?? (await follow(begun.row.id, deadlineAtMs)))
    } finally {
      // n.b. an order that is answered PENDING is still driven, and keeps its place until then
      void Promise.resolve(driving).finally(leave)
    }
  }

  const place = async (request: Request): Promise<PlaceOutcome> => {
    const known = await reads.key({ userId: request.customerId, key: request.input.idempotencyKey })
    return known === null ? placeNew(request) : replay(known, request)
  }

  return {
    /**
     * Places an order, or answers a repeated request with the outcome of the first. Once it is its turn, waits for that
     * outcome until the caller's deadline and 3 s at most, then answers with the PENDING order.
     */
    place: async (customerId: string, input: unknown, callerDeadlineAtMs: number): Promise<PlaceOutcome> => {
      const parsed = parseOrderInput(input)
      if (parsed.kind === 'invalid') return parsed
      const inputHash = hashOrderInput(parsed.input)
      const name = `${customerId} ${parsed.input.idempotencyKey}`
      const twin = underWay.get(name)
      if (twin === undefined) {
        const deadlineAtMs = waitUntil(callerDeadlineAtMs)
        const request = { customerId, input: parsed.input, inputHash, deadlineAtMs, callerDeadlineAtMs }
        const outcome = place(request)
        underWay.set(name, { inputHash, outcome })
        return outcome.finally(() => underWay.delete(name))
      }
      if (twin.inputHash !== inputHash) return { kind: 'keyReused' }
      return (await inTime(twin.outcome, queueUntil(callerDeadlineAtMs))) ?? tryAgain
    },

    /** Performs what a command has made due, if anything, and waits for it until the caller's deadline and 3 s at most. */
    finish: async (due: DueStep | null, callerDeadlineAtMs: number): Promise<void> => {
      if (due !== null) await inTime(driver.drive(due), waitUntil(callerDeadlineAtMs))
    },
  }
}

type Request = {
  readonly customerId: string
  readonly input: OrderInput
  readonly inputHash: string
  /** Until when the request is answered, once it is its turn. */
  readonly deadlineAtMs: number
  readonly callerDeadlineAtMs: number
}

/** Until when somebody with this deadline is kept waiting. */
export const waitUntil = (callerDeadlineAtMs: number): number =>
  Math.min(Date.now() + longestWaitMs, callerDeadlineAtMs - wayBackMs)

const queueUntil = (callerDeadlineAtMs: number): number =>
  Math.min(Date.now() + longestQueueMs, callerDeadlineAtMs - wayBackMs)

/** The outcome of the work, which goes on; undefined where it has none by the deadline. */
const inTime = async <T>(work: Promise<T>, deadlineAtMs: number): Promise<T | undefined> => {
  const timer = new AbortController()
  const deadline = pause(remainingMs(deadlineAtMs), undefined, timer).catch(() => undefined)
  try {
    return await Promise.race([work, deadline])
  } finally {
    timer.abort()
  }
}

const toOutcome = (order: OrderRow): PlaceOutcome => {
  if (order.refusal === null) return { kind: 'placed', order }
  return order.refusal.kind === 'Unavailable' ? tryAgain : { kind: 'refused', refusal: order.refusal }
}
