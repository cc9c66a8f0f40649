import { askUntilFinal, type GraphQLClient, type GraphQLResponse } from './graphql-client.ts'

/** The address to which the tests send their orders. */
export const address = {
  name: 'Mary',
  line1: '1 Wind Tunnel Way',
  city: 'Hampton',
  postalCode: '23666',
  country: 'US',
}

const fields = `order {
  id number status version total { amountMinor currency } payment { status method refunded { amountMinor } }
}`
const later = '... on TryAgain { message retryAfterSeconds }'

/** Answers with the order and its payment, or the refusal's own fields. */
export const placeOrder = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    __typename
    ... on PlaceOrderSuccess { ${fields} }
    ... on PaymentDeclined { message reason }
    ... on PriceChanged { oldTotal { amountMinor } newTotal { amountMinor currency } }
    ... on InvalidOrder { field message }
    ${later}
  }
}`

/** What orders units of a product, or what `more` says, under a key of its own. */
export const orderInput = (
  productId: string,
  { quantity = 1, ...more }: { readonly quantity?: number; readonly [field: string]: unknown } = {},
) => ({
  idempotencyKey: crypto.randomUUID(),
  items: [{ productId, quantity }],
  paymentMethod: 'pm_card_visa',
  shippingAddress: address,
  ...more,
})

/** Orders as `orderInput` says, and resolves with what `placeOrder` answers once that is final. */
export const order = (
  frontEnd: Pick<GraphQLClient, 'ask'>,
  ...what: Parameters<typeof orderInput>
): Promise<GraphQLResponse['data']> => change(frontEnd, 'placeOrder', placeOrder, orderInput(...what))

export const cancelOrder = `mutation ($input: CancelOrderInput!) {
  cancelOrder(input: $input) { __typename ... on CancelOrderSuccess { ${fields} } }
}`

/** What staff may do with an order, by the mutation's name. */
export const staffMutations = {
  shipOrder: `mutation ($input: ShipOrderInput!) {
    shipOrder(input: $input) { __typename ... on ShipOrderSuccess { ${fields} } }
  }`,
  deliverOrder: `mutation ($input: DeliverOrderInput!) {
    deliverOrder(input: $input) { __typename ... on DeliverOrderSuccess { ${fields} } }
  }`,
  refundOrder: `mutation ($input: RefundOrderInput!) {
    refundOrder(input: $input) {
      __typename
      ... on RefundOrderSuccess { refund { id status amount { amountMinor } } ${fields} }
      ... on Failure { message }
      ${later}
    }
  }`,
}

/** Cancels an order, and resolves with the answer once that is final. */
export const cancel = (
  frontEnd: Pick<GraphQLClient, 'ask'>,
  orderId: string,
  reason?: string,
): Promise<GraphQLResponse['data']> =>
  change(frontEnd, 'cancelOrder', cancelOrder, { orderId, reason, idempotencyKey: crypto.randomUUID() })

/** Has staff change an order, and resolves with the answer once that is final. */
export const byStaff = (
  staff: Pick<GraphQLClient, 'ask'>,
  mutation: keyof typeof staffMutations,
  input: object,
): Promise<GraphQLResponse['data']> => change(staff, mutation, staffMutations[mutation], input)

const change = async (
  { ask }: Pick<GraphQLClient, 'ask'>,
  mutation: string,
  document: string,
  input: object,
): Promise<GraphQLResponse['data']> => {
  const { data, errors } = await askUntilFinal(ask, document, { input })
  if (errors !== undefined) throw new Error(JSON.stringify({ data, errors }))
  return data[mutation]
}

/** An order as its own page shows it. */
export const orderPage = `query ($id: ID!) {
  order(id: $id) {
    status
    payment { status refunded { amountMinor } refunds { status reason amount { amountMinor } } }
    tracking { carrier trackingNumber }
    timeline { status actor by { name } }
  }
}`

export const orderUpdated = `subscription ($orderId: ID!) {
  orderUpdated(orderId: $orderId) { order { status payment { status } } }
}`
