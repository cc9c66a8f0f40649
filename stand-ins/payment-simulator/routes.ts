import type { EntityManager } from 'typeorm'
import type { PaymentOperation } from './faults.ts'
import type { Parameters } from './form.ts'
import {
  cancelPaymentIntent,
  capturePaymentIntent,
  createPaymentIntent,
  retrievePaymentIntent,
  searchPaymentIntents,
} from './payment-intents.ts'
import { createRefund, listRefunds } from './refunds.ts'
import { invalidRequest } from './stripe-error.ts'

/** A request of Stripe's API that the simulator knows. */
export type Route = {
  readonly operation: PaymentOperation
  readonly execute: (manager: EntityManager, parameters: Parameters) => Promise<object>
}

/** The route of a method and a path; throws a StripeError (404) if there is none. */
export const findRoute = (method: string, path: string): Route => {
  for (const { operation, at, execute } of routes) {
    const match = at.exec(`${method} ${path}`)
    if (match === null) continue
    const [, id = ''] = match
    return { operation, execute: (manager, parameters) => execute(manager, parameters, id) }
  }
  throw invalidRequest(`Unrecognized request URL (${method}: ${path}).`, {}, 404)
}

const routes: readonly {
  readonly operation: PaymentOperation
  readonly at: RegExp
  readonly execute: (manager: EntityManager, parameters: Parameters, id: string) => Promise<object>
}[] = [
  { operation: 'authorize', at: /^POST \/v1\/payment_intents$/, execute: createPaymentIntent },
  {
    operation: 'capture',
    at: /^POST \/v1\/payment_intents\/([^/]+)\/capture$/,
    execute: (manager, parameters, id) => capturePaymentIntent(manager, id, parameters),
  },
  {
    operation: 'cancel',
    at: /^POST \/v1\/payment_intents\/([^/]+)\/cancel$/,
    execute: (manager, parameters, id) => cancelPaymentIntent(manager, id, parameters),
  },
  { operation: 'retrieve', at: /^GET \/v1\/payment_intents\/search$/, execute: searchPaymentIntents },
  {
    operation: 'retrieve',
    at: /^GET \/v1\/payment_intents\/([^/]+)$/,
    execute: (manager, parameters, id) => retrievePaymentIntent(manager, id, parameters),
  },
  { operation: 'refund', at: /^POST \/v1\/refunds$/, execute: createRefund },
  { operation: 'retrieve', at: /^GET \/v1\/refunds$/, execute: listRefunds },
]
