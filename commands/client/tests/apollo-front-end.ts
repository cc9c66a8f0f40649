import { ApolloClient, InMemoryCache } from '@apollo/client'
import { createShopClient } from '@supergraph/client'
import { clearCacheOnUserChange, createApolloLink, possibleTypes } from '@supergraph/client/apollo'
import {
  type OrderStatus,
  OrderUpdatedDocument,
  PlaceOrderDocument,
  type PlaceOrderInput,
  ProductPageDocument,
} from '@supergraph/client/documents'

// n.b. This file is compiled, not run: in a project that has installed the client, and here.

const shop = createShopClient({ url: '/graphql' })
const apollo = new ApolloClient({ cache: new InMemoryCache({ possibleTypes }), link: createApolloLink(shop) })

export const price = async (sku: string): Promise<number | undefined> => {
  const { data } = await apollo.query({ query: ProductPageDocument, variables: { sku } })
  // @ts-expect-error a product may be missing
  if (data?.product.available === 0) return undefined
  return data?.product?.price.amountMinor
}

export const order = async (input: PlaceOrderInput): Promise<string | undefined> => {
  const { data } = await apollo.mutate({ mutation: PlaceOrderDocument, variables: { input } })
  // @ts-expect-error only an order that was placed has a number
  if (data?.placeOrder?.order.number === '1') return undefined
  return data?.placeOrder?.__typename === 'PlaceOrderSuccess' ? data.placeOrder.order.number : undefined
}

export const watch = (orderId: string, see: (status: OrderStatus | undefined) => void) => {
  // @ts-expect-error which order?
  apollo.subscribe({ query: OrderUpdatedDocument, variables: {} })
  return apollo
    .subscribe({ query: OrderUpdatedDocument, variables: { orderId } })
    .subscribe(({ data }) => see(data?.orderUpdated?.order.status))
}

export const stop = clearCacheOnUserChange(shop, apollo)
