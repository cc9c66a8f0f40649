import { activeSpan, inSpan } from '@supergraph/telemetry/spans.ts'
import type Stripe from 'stripe'

type Request = Parameters<Stripe.HttpClient['makeRequest']>
type Response = Awaited<ReturnType<Stripe.HttpClient['makeRequest']>>

/** Sends a request to the payment provider in a span of its own, which shows no id of the provider's and no value. */
export const inPaymentSpan = (
  [host, , path, method]: Request,
  send: () => Promise<Response>,
): Promise<Response> => {
  const template = path.replace(/\?.*$/s, '').replace(/\/[a-z]+_\w+(?=\/|$)(?<!payment_intents)/g, '/{id}')
  const orderId = activeSpan()?.get('supergraph.order.id')
  return inSpan({ name: `${method} ${template}`, kind: 'client' }, async span => {
    // n.b. the step that asks the provider knows the order, and nothing between them does
    span?.set('supergraph.order.id', orderId)
    span?.set('http.request.method', method)
    span?.set('url.template', template)
    span?.set('server.address', host)
    span?.set('supergraph.peer', 'payments')
    const response = await send()
    const status = response.getStatusCode()
    span?.set('http.response.status_code', status)
    if (status >= 500) span?.fail(String(status))
    return response
  })
}
