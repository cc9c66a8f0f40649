import { listDisputes, retrieveDispute } from './disputes.ts'
import { listEvents, retrieveEvent } from './events.ts'
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
import type { Work } from './work.ts'

/** A request of Stripe's API that the simulator knows. */
export type Route = {
  readonly operation: PaymentOperation
  readonly execute: (work: Work, parameters: Parameters) => Promise<object>
}

/** The route of a method and a path; throws a StripeError (404) if there is none. */
export const findRoute = (method: string, path: string): Route => {
  for (const { operation, at, execute } of routes) {
    const match = at.exec(`${method} ${path}`)
    if (match === null) continue
    const [, id = ''] = match
    return { operation, execute: (work, parameters) => execute(work, parameters, id) }
  }
  throw invalidRequest(`Unrecognized request URL (${method}: ${path}).`, {}, 404)
}

const routes: readonly {
  readonly operation: PaymentOperation
  readonly at: RegExp
  readonly execute: (work: Work, parameters: Parameters, id: string) => Promise<object>
}[] = [
  { operation: 'authorize', at: /^POST \/v1\/payment_intents$/, execute: createPaymentIntent },
  {
    operation: 'capture',
    at: /^POST \/v1\/payment_intents\/([^/]+)\/capture$/,
    execute: (work, parameters, id) => capturePaymentIntent(work, id, parameters),
  },
  {
    operation: 'cancel',
    at: /^POST \/v1\/payment_intents\/([^/]+)\/cancel$/,
    execute: (work, parameters, id) => cancelPaymentIntent(work, id, parameters),
  },
  { operation: 'retrieve', at: /^GET \/v1\/payment_intents\/search$/, execute: searchPaymentIntents },
  {
    operation: 'retrieve',
    at: /^GET \/v1\/payment_intents\/([^/]+)$/,
    execute: (work, parameters, id) => retrievePaymentIntent(work, id, parameters),
  },
  { operation: 'refund', at: /^POST \/v1\/refunds$/, execute: createRefund },
  { operation: 'retrieve', at: /^GET \/v1\/refunds$/, execute: listRefunds },
  { operation: 'retrieve', at: /^GET \/v1\/disputes$/, execute: listDisputes },
  {
    operation: 'retrieve',
    at: /^GET \/v1\/disputes\/([^/]+)$/,
    execute: (work, _, id) => retrieveDispute(work, id),
  },
  { operation: 'retrieve', at: /^GET \/v1\/events$/, execute: listEvents },
  {
    operation: 'retrieve',
    at: /^GET \/v1\/events\/([^/]+)$/,
    execute: (work, _, id) => retrieveEvent(work, id),
  },
]
