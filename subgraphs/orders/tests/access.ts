import {
  type AccessRows,
  address,
  member,
  type OpenFields,
  ownerAndStaff,
  ownerOnly,
  personal,
  signedIn,
  staffOnly,
} from '../../../testbed/access.ts'

/** Who gets which root field of this subgraph, and which field that not every reader of its object may read. */
export const rows: AccessRows = {
  'Query.order': {
    ask: ({ orderId }) => `{ order(id: "${orderId}") { id } }`,
    at: ['order'],
    expected: ownerAndStaff,
  },
  'Query.orders': {
    ask: () => '{ orders(first: 1) { edges { node { id } } } }',
    at: ['orders'],
    expected: staffOnly,
  },
  'Query.ordersUnderWay': {
    ask: () => '{ ordersUnderWay(first: 1) { id } }',
    at: ['ordersUnderWay'],
    expected: staffOnly,
  },
  'Query.ordersOwingRefunds': {
    ask: () => '{ ordersOwingRefunds(first: 1) { id } }',
    at: ['ordersOwingRefunds'],
    expected: staffOnly,
  },
  'Mutation.placeOrder': {
    ask: () =>
      `mutation { placeOrder(input: { idempotencyKey: "k", items: [], paymentMethod: "pm_card_visa", shippingAddress: ${address} }) { ${member} } }`,
    at: ['placeOrder'],
    expected: signedIn,
  },
  // n.b. the order does not wait: its customer learns that it is as it is
  'Mutation.continuePayment': {
    ask: ({ orderId }) => `mutation { continuePayment(input: { orderId: "${orderId}" }) { ${member} } }`,
    at: ['continuePayment'],
    expected: { ...ownerOnly, service: 'refused' },
  },
  // n.b. the order is delivered: whoever may cancel it learns that it can't be cancelled
  'Mutation.cancelOrder': {
    ask: ({ orderId }) => `mutation { cancelOrder(input: { orderId: "${orderId}" }) { ${member} } }`,
    at: ['cancelOrder'],
    expected: { ...ownerAndStaff, service: 'refused' },
  },
  'Mutation.shipOrder': {
    ask: ({ orderId }) =>
      `mutation { shipOrder(input: { orderId: "${orderId}", trackingNumber: "1" }) { ${member} } }`,
    at: ['shipOrder'],
    expected: staffOnly,
  },
  'Mutation.deliverOrder': {
    ask: ({ orderId }) => `mutation { deliverOrder(input: { orderId: "${orderId}" }) { ${member} } }`,
    at: ['deliverOrder'],
    expected: staffOnly,
  },
  'Mutation.retryOrder': {
    ask: ({ orderId }) => `mutation { retryOrder(input: { orderId: "${orderId}" }) { ${member} } }`,
    at: ['retryOrder'],
    expected: staffOnly,
  },
  // n.b. the order has no such product: whoever may refund it learns that
  'Mutation.refundOrder': {
    ask: ({ orderId, nobodysId }) =>
      `mutation { refundOrder(input: { idempotencyKey: "k", orderId: "${orderId}", items: [{ productId: "${nobodysId}", quantity: 1 }] }) { ${member} } }`,
    at: ['refundOrder'],
    expected: staffOnly,
  },
  // n.b. the third change of the delivered order is its shipping, by staff
  'OrderChange.by': {
    ask: ({ orderId }) => `{ order(id: "${orderId}") { timeline { by { id } } } }`,
    at: ['order', 'timeline', 2, 'by'],
    expected: { ...ownerAndStaff, owner: 'hidden' },
  },
  'User.orders': personal('orders(first: 1) { edges { cursor } }', 'orders'),
}

/**
 * The other fields of this subgraph: whoever may read the object may read them.
 * n.b. `Order.nextStep` is for staff; the order here has none, and recovery.integration.test.ts reads one that has. So it is
 * with `OrderPayment.action`, which is for the customer, and continue-payment.integration.test.ts
 */
export const openFields: OpenFields = {
  CancelOrderSuccess: 'order',
  ContinuePaymentSuccess: 'order',
  DeliverOrderSuccess: 'order',
  Dispute: 'id status amount reason openedAt respondBy',
  IdempotencyKeyReused: 'message',
  IllegalOrderTransition: 'message from to',
  InvalidOrder: 'message field',
  Order:
    'id number status customer items total shippingAddress payment tracking timeline version placedAt nextStep',
  OrderChange: 'status at reason actor',
  OrderItem: 'product productName sku unitPrice quantity lineTotal',
  EmailNotVerified: 'message',
  OrderNotFound: 'message',
  OrderPayment: 'status method action refunded refunds disputes',
  OrderStep: 'kind failedAttempts dueAt fence givenUpAt',
  OutOfStock: 'message items',
  OutOfStockItem: 'product requested available',
  PaymentAction: 'clientSecret redirectUrl expiresAt',
  PaymentDeclined: 'message reason',
  PlaceOrderSuccess: 'order',
  PriceChanged: 'message oldTotal newTotal',
  ProductUnavailable: 'message productIds',
  Refund: 'id status amount reason requestedAt',
  RefundDeclined: 'message reason',
  RefundOrderSuccess: 'order refund',
  RetryOrderSuccess: 'order',
  ShipOrderSuccess: 'order',
  ShippingAddress: 'name line1 line2 city postalCode country',
  Tracking: 'carrier trackingNumber',
  TryAgain: 'message retryAfterSeconds',
}
