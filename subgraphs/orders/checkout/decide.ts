import type { Order } from '../domain/order.ts'

/** What is to be done at products for an order. */
export type Step = 'RESERVE' | 'RELEASE'

/** The step that an order needs on entering its status; null where nothing is left to do. */
export const decide = (order: Order): Step | null => {
  switch (order.status) {
    case 'PENDING':
      return 'RESERVE'
    // n.b. a request to reserve that was held up may still arrive, and products remembers no shortage
    case 'REJECTED':
    case 'CANCELLED':
      return 'RELEASE'
    case 'CONFIRMED':
    case 'SHIPPED':
    case 'DELIVERED':
    case 'REFUNDED':
      return null
    default:
      return order satisfies never
  }
}
