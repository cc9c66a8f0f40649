import { newSpanId } from '@supergraph/runtime/trace-context.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { postGraphQL } from '../testbed/graphql-client.ts'
import { address, placeOrder } from './order-operations.ts'

/** Orders a unit of a product in a trace of this id; resolves with what `placeOrder` answers. */
export const placeTracedOrder = async (
  url: string,
  {
    accessToken,
    productId,
    traceId,
  }: { readonly accessToken: string | undefined; readonly productId: string; readonly traceId: string },
) => {
  const input = {
    idempotencyKey: uuidv7(),
    items: [{ productId, quantity: 1 }],
    paymentMethod: 'pm_card_visa',
    shippingAddress: address,
  }
  const { text } = await postGraphQL(
    url,
    { query: placeOrder, variables: { input } },
    { accessToken, headers: { traceparent: `00-${traceId}-${newSpanId()}-01` } },
  )
  // n.b. each test states the shape that it expects by reading it
  return JSON.parse(text).data.placeOrder
}
