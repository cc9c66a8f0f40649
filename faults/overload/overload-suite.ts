import { createSuite } from '../shared-broker.ts'
import { fourTimes, overloadedGateway } from './four-times.ts'

/** One gateway, and one of each subgraph, under more than they can serve. */
export const overloadSuite = createSuite({
  scenarios: [fourTimes],
  processNames: [
    ...(['users', 'products-1', 'payment-simulator', 'orders-1', 'notifications-1', 'analytics'] as const),
    overloadedGateway,
  ],
})
