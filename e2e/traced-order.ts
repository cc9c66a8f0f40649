import { newSpanId } from '@supergraph/runtime/trace-context.ts'
import { requestGraphQL } from '../testbed/graphql-client.ts'
import { order } from '../testbed/orders.ts'

/** Orders a unit of a product in a trace of this id; resolves with what `placeOrder` answers. */
export const placeTracedOrder = (
  url: string,
  {
    accessToken,
    productId,
    traceId,
  }: { readonly accessToken: string | undefined; readonly productId: string; readonly traceId: string },
) => {
  const headers = { traceparent: `00-${traceId}-${newSpanId()}-01` }
  const ask = (query: string, variables: object = {}) =>
    requestGraphQL(url, { query, variables }, { accessToken, headers })
  return order({ ask }, productId)
}
