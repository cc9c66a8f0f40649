import { createSuite } from '../shared-broker.ts'
import { attackedGateway, documents } from './documents.ts'

/** The gateway under documents made to cost much. */
export const hostileSuite = createSuite({
  scenarios: [documents],
  processNames: [
    ...(['users', 'products-1', 'payment-simulator', 'orders-1', 'notifications-1', 'analytics'] as const),
    attackedGateway,
  ],
  probed: [attackedGateway],
})
