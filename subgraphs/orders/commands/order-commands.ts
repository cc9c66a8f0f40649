import { createCancelOrder } from './cancel-order.ts'
import { createContinuePayment } from './continue-payment.ts'
import { createFulfilOrder } from './fulfil-order.ts'
import { createPlaceOrder } from './place-order.ts'
import { createRefundOrder } from './refund-order.ts'
import { createRetryOrder } from './retry-order.ts'
import type { Services } from './services.ts'

/** The commands that place and change orders. An order that is changed must exist, and its actor must be allowed to. */
export type OrderCommands = ReturnType<typeof createOrderCommands>

export const createOrderCommands = (services: Services) => ({
  place: createPlaceOrder(services),
  continuePayment: createContinuePayment(services),
  cancel: createCancelOrder(services),
  ...createFulfilOrder(services),
  refund: createRefundOrder(services),
  retry: createRetryOrder(services),
})
