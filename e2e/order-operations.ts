/** The address to which the tests send their orders. */
export const address = {
  name: 'Mary',
  line1: '1 Wind Tunnel Way',
  city: 'Hampton',
  postalCode: '23666',
  country: 'US',
}

const order = 'order { id status total { amountMinor } payment { status method refunded { amountMinor } } }'

/** Answers with the order and its payment, or the refusal's own fields. */
export const placeOrder = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    __typename
    ... on PlaceOrderSuccess { ${order} }
    ... on PaymentDeclined { message reason }
    ... on PriceChanged { oldTotal { amountMinor } newTotal { amountMinor currency } }
    ... on InvalidOrder { field message }
  }
}`

export const cancelOrder = `mutation ($input: CancelOrderInput!) {
  cancelOrder(input: $input) { __typename ... on CancelOrderSuccess { ${order} } }
}`

/** What staff may do with an order, by the mutation's name. */
export const staffMutations = {
  shipOrder: `mutation ($input: ShipOrderInput!) {
    shipOrder(input: $input) { __typename ... on ShipOrderSuccess { ${order} } }
  }`,
  deliverOrder: `mutation ($input: DeliverOrderInput!) {
    deliverOrder(input: $input) { __typename ... on DeliverOrderSuccess { ${order} } }
  }`,
  refundOrder: `mutation ($input: RefundOrderInput!) {
    refundOrder(input: $input) {
      __typename
      ... on RefundOrderSuccess { refund { id status amount { amountMinor } } ${order} }
      ... on Failure { message }
    }
  }`,
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
