import type { Rule } from '@supergraph/postgres/throttle/rule.ts'
import {
  type Counted,
  countedOfNetwork,
  keysOf,
  type Throttle,
} from '@supergraph/postgres/throttle/throttle.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { keySearch } from '../database/idempotency-keys.ts'
import type { OrderRow } from '../database/tables.ts'

/** How many orders, declined payments and questions after payments are allowed. */
export type OrderLimits = {
  readonly ORDER_LIMIT_PER_ACCOUNT: Rule
  readonly DECLINE_LIMIT_PER_ACCOUNT: Rule
  readonly DECLINE_LIMIT_PER_NETWORK: Rule
  readonly CONTINUE_LIMIT_PER_ACCOUNT: Rule
}

/** n.b. whoever is killed while asking leaves the payment to others after that. */
const oneAtATime: Rule = { burst: 1, firstWaitMs: 6_000, forgetsOneEveryMs: 6_000 }

/** Who orders, and from which network. */
type Orderer = { readonly customerId: string; readonly network: string | undefined }

/**
 * How a request for an order ended: `not served` if a service was away or an earlier request had ordered already, `pending`
 * if the payment provider has not said yet whether it takes the payment.
 */
export type CountedEnd = 'not declined' | 'declined' | 'not served' | 'pending'

/** How a request ended, and the keys of what was given back as its order was written. */
export type Ending = { readonly end: CountedEnd; readonly givenBack: readonly string[] }

/** How the request for an order has ended, as far as the order has come. */
export const endOf = (order: OrderRow): CountedEnd => {
  if (order.status === 'PENDING' && order.refusal === null) return 'pending'
  // n.b. who cancels while a card is asked can see whether the card was good
  if (order.status === 'CANCELLED') return 'declined'
  switch (order.refusal?.kind) {
    case undefined:
    case 'OutOfStock':
      return 'not declined'
    case 'PaymentDeclined':
      return 'declined'
    case 'Unavailable':
      return 'not served'
    default:
      return order.refusal satisfies never
  }
}

export type OrderThrottle = ReturnType<typeof createOrderThrottle>

/** Slows down those who order or ask in great numbers, or try whether cards are good; `stop` waits for what is taken back. */
export const createOrderThrottle = (throttle: Throttle, limits: OrderLimits, logger: Logger) => {
  const underWay = new Set<Promise<void>>()
  const countedOf = ({ customerId, network }: Orderer) => {
    const orders: Counted = { kind: 'orders', of: customerId, rule: limits.ORDER_LIMIT_PER_ACCOUNT }
    const own: Counted = { kind: 'declines', of: customerId, rule: limits.DECLINE_LIMIT_PER_ACCOUNT }
    const others = countedOfNetwork('declines-of-network', network, limits.DECLINE_LIMIT_PER_NETWORK)
    return { orders, own, others }
  }

  const unused = (orderer: Orderer, end: CountedEnd): readonly Counted[] => {
    const { orders, own, others } = countedOf(orderer)
    switch (end) {
      case 'declined':
        return []
      case 'pending':
        // n.b. when the provider is slow, a network of many customers must not be shut out by orders that nobody declined
        return others
      case 'not declined':
        return [own, ...others]
      case 'not served':
        return [orders, own, ...others]
      default:
        return end satisfies never
    }
  }
  const askingFor = (orderId: string): readonly Counted[] => [
    { kind: 'payment-asked', of: orderId, rule: oneAtATime },
  ]
  return {
    /** Counts that a customer asks how a payment stands. Returns how long to wait first, in ms, or 0. */
    beginContinuing: (customerId: string): Promise<number> =>
      throttle.take([{ kind: 'continues', of: customerId, rule: limits.CONTINUE_LIMIT_PER_ACCOUNT }]),

    /** Whether no other process asks for the payment of this order now; then no other one does until `endAsking`. */
    beginAsking: async (orderId: string): Promise<boolean> => (await throttle.take(askingFor(orderId))) === 0,
    endAsking: (orderId: string): Promise<void> => throttle.forget(askingFor(orderId)),

    /**
     * Counts an order that begins, and its payment as if it were declined, so that no number of orders at once gets past
     * the limit. Returns how long to wait first, in ms, or 0. Counts nothing and returns what an earlier request with the
     * key has left, if there was one.
     */
    begin: (orderer: Orderer, idempotencyKey: string) => {
      const { orders, own, others } = countedOf(orderer)
      const search = keySearch({ userId: orderer.customerId, key: idempotencyKey })
      return throttle.takeUnlessFound([orders, own, ...others], search)
    },

    /** The keys of what an order did not use. */
    unusedKeys: (orderer: Orderer, end: CountedEnd): readonly string[] => keysOf(unused(orderer, end)),

    /**
     * The keys of what an order did not use that had to wait for its payment. n.b. its network was given back when it began
     * to wait.
     */
    unusedAfterWait: (order: OrderRow): readonly string[] =>
      keysOf(unused({ customerId: order.customerId, network: undefined }, endOf(order))),

    /** Takes back what an order did not use and what was not given back with it, once it has ended. */
    end: (orderer: Orderer, ending: Promise<Ending>): void => {
      const takingBack = ending
        .then(({ end, givenBack }) => throttle.giveBack(unused(orderer, end), givenBack))
        .catch((error: unknown) => {
          logger.warn({ error: messageOf(error) }, 'an order that was not declined stays counted as declined')
        })
        .finally(() => underWay.delete(takingBack))
      underWay.add(takingBack)
    },

    stop: async (): Promise<void> => {
      await Promise.all(underWay)
    },
  }
}
