import type { Rule } from '@supergraph/postgres/throttle/rule.ts'
import type { Counted, Throttle } from '@supergraph/postgres/throttle/throttle.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'

/** How many orders and declined payments are allowed. */
export type OrderLimits = {
  readonly ORDER_LIMIT_PER_ACCOUNT: Rule
  readonly DECLINE_LIMIT_PER_ACCOUNT: Rule
  readonly DECLINE_LIMIT_PER_NETWORK: Rule
}

/** Who orders, and from which network. */
type Orderer = { readonly customerId: string; readonly network: string | undefined }

/**
 * How a request for an order ended: `not served` if a service was away or an earlier request had ordered already, `unknown`
 * if nobody knows yet.
 */
export type CountedEnd = 'not declined' | 'declined' | 'not served' | 'unknown'

export type OrderThrottle = ReturnType<typeof createOrderThrottle>

/** Slows down those who order in great numbers, or try whether cards are good; `stop` waits for what is taken back. */
export const createOrderThrottle = (throttle: Throttle, limits: OrderLimits, logger: Logger) => {
  const underWay = new Set<Promise<void>>()
  const countedOf = ({ customerId, network }: Orderer) => {
    const orders: Counted = { kind: 'orders', of: customerId, rule: limits.ORDER_LIMIT_PER_ACCOUNT }
    const declines: readonly Counted[] = [
      { kind: 'declines', of: customerId, rule: limits.DECLINE_LIMIT_PER_ACCOUNT },
      ...(network === undefined
        ? []
        : [{ kind: 'declines-of-network', of: network, rule: limits.DECLINE_LIMIT_PER_NETWORK }]),
    ]
    return { orders, declines }
  }
  return {
    /**
     * Counts an order that begins, and its payment as if it were declined, so that no number of orders at once gets past
     * the limit. Returns how long to wait first, in ms, or 0.
     */
    begin: (orderer: Orderer): Promise<number> => {
      const { orders, declines } = countedOf(orderer)
      return throttle.take([orders, ...declines])
    },

    /** Takes back what an order did not use, in a moment. */
    end: (orderer: Orderer, end: CountedEnd): void => {
      if (end === 'declined' || end === 'unknown') return
      const { orders, declines } = countedOf(orderer)
      const takingBack = throttle
        .giveBack(end === 'not declined' ? declines : [orders, ...declines])
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
