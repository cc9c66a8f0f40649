import { remainingMs } from '@supergraph/runtime/deadline.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { PostalAddress } from '@supergraph/schema/postal-address.ts'
import { isSameRequest, type KnownKey } from '../database/idempotency-keys.ts'
import type { OrderReads } from '../database/order-reads.ts'
import type { Replayed } from '../database/order-store.ts'
import type { Saved } from '../database/stored-order.ts'
import type { OrderRow } from '../database/tables.ts'
import { hashPlaceOrder } from '../domain/input-hash.ts'
import type { Money, OrderRefusal } from '../domain/order.ts'
import { type Offer, type PricedBasket, priceBasket } from '../domain/order-line-prices.ts'
import type { Units } from '../domain/refund.ts'
import type { Unpayable } from '../domain/unpayable.ts'
import { CallNotMade, OutcomeUnknown } from '../remote-calls.ts'
import { type CountedEnd, type Ending, endOf } from './order-throttle.ts'
import type { Services } from './services.ts'
import { outcomeBy, outcomeDeadline, queueDeadline, readUntil } from './waiting.ts'

/** What a customer orders: one item per product. */
type PlaceOrderRequest = {
  readonly customerId: string
  readonly idempotencyKey: string
  readonly items: readonly Units[]
  readonly paymentMethod: string
  readonly shippingAddress: PostalAddress
  readonly expectedTotalMinor: number | null
  /** The network of the client's address, if it is known. */
  readonly network: string | undefined
  /** When the caller stops waiting, in milliseconds since the epoch. */
  readonly callerDeadlineAtMs: number
}

/** How a request to place an order ended. */
export type PlaceOrderOutcome =
  | { readonly kind: 'placed'; readonly order: OrderRow }
  | { readonly kind: 'refused'; readonly refusal: Exclude<OrderRefusal, { readonly kind: 'Unavailable' }> }
  | Exclude<PricedBasket, { readonly kind: 'priced' }>
  | { readonly kind: 'unpayable'; readonly total: Money; readonly why: Unpayable }
  | { readonly kind: 'keyReused' | 'tryAgain' }
  | { readonly kind: 'tooMany'; readonly waitMs: number }

type HashedRequest = PlaceOrderRequest & { readonly inputHash: string }

const operation = 'placeOrder'
const tryAgain = { kind: 'tryAgain' } as const
const keyReused = { kind: 'keyReused' } as const

/**
 * Creates the command that places an order, or answers a repeated request with the outcome of the first. It waits for its
 * turn, and then for the outcome until the caller's deadline, 3 s at most; after that it returns the PENDING order.
 */
export const createPlaceOrder = (services: Services) => {
  const { reads, driver, throttle } = services
  const turns = createTurns({ atOnce: 32, maxWaiting: 2_000 })
  const underWay = new Map<
    string,
    { readonly inputHash: string; readonly outcome: Promise<PlaceOrderOutcome> }
  >()

  const startInTurn = async (
    request: HashedRequest,
    noteEnd: (ending: Promise<Ending>) => void,
  ): Promise<PlaceOrderOutcome> => {
    const release = await turns.take(queueDeadline(request.callerDeadlineAtMs))
    if (release === 'full' || release === 'late') {
      noteEnd(Promise.resolve({ end: 'not served', givenBack: [] }))
      return tryAgain
    }
    const deadlineAtMs = outcomeDeadline(request.callerDeadlineAtMs)
    let isDriven = false
    let end: CountedEnd = 'not declined'
    try {
      const started = await insertPriced(services, request, deadlineAtMs)
      if (started.kind === 'replayed' || started.kind === 'tryAgain') end = 'not served'
      if (started.kind === 'replayed') return replay(reads, started.known, request, deadlineAtMs)
      if (started.kind !== 'saved') return started
      if (started.due === null) return toOutcome(started.row)
      const { id } = started.row
      const driving = driver.drive(started.due, outcome => throttle.unusedKeys(request, endOf(outcome)))
      // n.b. an order that is returned PENDING is still driven, and keeps its turn until that ends
      isDriven = true
      noteEnd(
        driving.finally(release).then(async ended => ({
          end: endOf(ended?.row ?? (await reads.order(id))),
          givenBack: ended?.givenBack ?? [],
        })),
      )
      const ended = await outcomeBy(deadlineAtMs, driving)
      return toOutcome(ended?.row ?? (await readSettled(reads, id, deadlineAtMs)))
    } finally {
      if (!isDriven) {
        release()
        noteEnd(Promise.resolve({ end, givenBack: [] }))
      }
    }
  }

  const startOrReplay = async (request: HashedRequest): Promise<PlaceOrderOutcome> => {
    const deadlineAtMs = outcomeDeadline(request.callerDeadlineAtMs)
    const begun = await throttle.begin(request, request.idempotencyKey)
    if (begun.kind === 'found') return replay(reads, begun.row, request, deadlineAtMs)
    if (begun.waitMs > 0) return { kind: 'tooMany', waitMs: begun.waitMs }
    return startInTurn(request, ending => throttle.end(request, ending))
  }

  return async (request: PlaceOrderRequest): Promise<PlaceOrderOutcome> => {
    const inputHash = hashPlaceOrder(request)
    const name = `${request.customerId} ${request.idempotencyKey}`
    const first = underWay.get(name)
    if (first === undefined) {
      const outcome = startOrReplay({ ...request, inputHash })
      underWay.set(name, { inputHash, outcome })
      return outcome.finally(() => underWay.delete(name))
    }
    if (first.inputHash !== inputHash) return keyReused
    return (await outcomeBy(queueDeadline(request.callerDeadlineAtMs), first.outcome)) ?? tryAgain
  }
}

const replay = async (
  reads: OrderReads,
  known: KnownKey,
  { inputHash }: HashedRequest,
  deadlineAtMs: number,
): Promise<PlaceOrderOutcome> =>
  isSameRequest(known, { operation, inputHash })
    ? toOutcome(await readSettled(reads, known.orderId, deadlineAtMs))
    : keyReused

const readSettled = (reads: OrderReads, orderId: string, deadlineAtMs: number): Promise<OrderRow> =>
  readUntil(
    deadlineAtMs,
    () => reads.order(orderId),
    ({ status, step }) => status !== 'PENDING' || step === 'AWAIT_PAYMENT',
  )

const insertPriced = async (
  services: Services,
  request: HashedRequest,
  deadlineAtMs: number,
): Promise<PlaceOrderOutcome | Saved | Replayed> => {
  const { customerId, items, shippingAddress, paymentMethod, inputHash } = request
  const offers = await loadOffers(services, items, deadlineAtMs)
  if (offers === undefined) return tryAgain
  const basket = priceBasket(items, offers, request.expectedTotalMinor)
  if (basket.kind !== 'priced') return basket
  const { lines, total } = basket
  const why = total.amountMinor === 0 ? undefined : services.payments.whyUnpayable(total)
  if (why !== undefined) return { kind: 'unpayable', total, why }
  const canPay = total.amountMinor === 0 || services.payments.isAvailable()
  if (!canPay || remainingMs(deadlineAtMs) === 0) return tryAgain
  const key = { userId: customerId, key: request.idempotencyKey, operation, inputHash } as const
  const placed = { customerId, lines, total, shippingAddress, paymentMethod, key }
  return services.store.insert(placed, services.clock.now())
}

const loadOffers = async (
  { products, logger }: Services,
  items: readonly Units[],
  deadlineAtMs: number,
): Promise<readonly Offer[] | undefined> => {
  if (!products.isAvailable()) return undefined
  try {
    const ids = items.map(({ productId }) => productId).filter(isUuid)
    return await products.loadOffers(ids, deadlineAtMs)
  } catch (error) {
    if (!(error instanceof CallNotMade || error instanceof OutcomeUnknown)) throw error
    logger.warn({ err: error }, 'no order can be placed now')
    return undefined
  }
}

const toOutcome = (order: OrderRow): PlaceOrderOutcome => {
  if (order.refusal === null) return { kind: 'placed', order }
  return order.refusal.kind === 'Unavailable' ? tryAgain : { kind: 'refused', refusal: order.refusal }
}
