/** Whom the matrix asks as: nobody, the owner of the fixtures, another customer, members of staff, the orders service. */
export const actors = ['anonymous', 'other', 'staff', 'admin', 'owner', 'service'] as const

export type Actor = (typeof actors)[number]

/**
 * What an actor gets: the thing; the same as for something that does not exist; or a refusal, of the gateway for users
 * and of the subgraph for services.
 */
export type Outcome = 'allowed' | 'hidden' | 'refused'

/** Things of the owner's that the others go after, and ids that belong to nobody. */
export type Fixtures = {
  readonly userId: string
  readonly orderId: string
  readonly notificationId: string
  readonly keptAddressId: string
  readonly removedAddressId: string
  readonly productId: string
  readonly nobodysId: string
}

/** How a field is asked for, where in the answer its value is, and who gets what. */
export type Row = {
  readonly ask: (fixtures: Fixtures) => string
  /** Response keys from the root to what is protected. */
  readonly at: readonly (string | number)[]
  /** For a field of a user: how to select it, for services, which reach users as entities. */
  readonly selection?: string
  readonly expected: Readonly<Record<Actor, Outcome>>
}

const everybody = all('allowed')
const signedIn: Row['expected'] = { ...everybody, anonymous: 'refused', service: 'refused' }
const staffOnly: Row['expected'] = { ...all('refused'), staff: 'allowed', admin: 'allowed' }
/** For mutations that name what does not exist: who may change such things learns that it is not there. */
const staffNotFound: Row['expected'] = { ...all('refused'), staff: 'hidden', admin: 'hidden' }
const ownerOnly: Row['expected'] = { ...all('hidden'), owner: 'allowed', anonymous: 'refused' }
const ownerAndStaff: Row['expected'] = { ...ownerOnly, staff: 'allowed', admin: 'allowed' }

const address = '{ name: "A", line1: "1 Road", city: "Town", postalCode: "1", country: "DE" }'
const member = '__typename ... on Failure { message }'

/** The root fields, and the fields whose reader matters beyond who may read their parent. */
export const rows: Readonly<Record<string, Row>> = {
  'Query.me': {
    ask: () => '{ me { id } }',
    at: ['me'],
    expected: { ...everybody, anonymous: 'hidden', service: 'hidden' },
  },
  'Query.user': {
    ask: ({ userId }) => `{ user(id: "${userId}") { id } }`,
    at: ['user'],
    expected: ownerAndStaff,
  },
  'Query.users': {
    ask: () => '{ users(first: 1) { edges { node { id } } } }',
    at: ['users'],
    expected: staffOnly,
  },
  'Query.product': {
    ask: ({ productId }) => `{ product(id: "${productId}") { id } }`,
    at: ['product'],
    expected: everybody,
  },
  'Query.products': {
    ask: () => '{ products(first: 1) { edges { node { id } } } }',
    at: ['products'],
    expected: everybody,
  },
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
  'Query.bestSellers': {
    ask: () => '{ bestSellers(first: 1) { name } }',
    at: ['bestSellers'],
    expected: everybody,
  },
  'Query.salesSummary': {
    ask: () => '{ salesSummary(from: "2026-01-01", to: "2026-01-31") { totals { unitsSold } } }',
    at: ['salesSummary'],
    expected: staffOnly,
  },

  'Mutation.register': {
    ask: () =>
      `mutation { register(input: { email: "x@example.com", password: "short", name: "X" }) { ${member} } }`,
    at: ['register'],
    expected: everybody,
  },
  'Mutation.login': {
    ask: () => `mutation { login(input: { email: "nobody@example.com", password: "wrong" }) { ${member} } }`,
    at: ['login'],
    expected: everybody,
  },
  'Mutation.refreshSession': {
    ask: () => `mutation { refreshSession(input: { refreshToken: "unknown" }) { ${member} } }`,
    at: ['refreshSession'],
    expected: everybody,
  },
  'Mutation.logout': {
    ask: () => 'mutation { logout(input: { refreshToken: "unknown" }) { __typename } }',
    at: ['logout'],
    expected: everybody,
  },
  'Mutation.logoutEverywhere': {
    ask: () => 'mutation { logoutEverywhere(input: { exceptThis: true }) { __typename } }',
    at: ['logoutEverywhere'],
    expected: signedIn,
  },
  'Mutation.changePassword': {
    ask: () =>
      `mutation { changePassword(input: { currentPassword: "wrong", newPassword: "a very long one" }) { ${member} } }`,
    at: ['changePassword'],
    expected: signedIn,
  },
  'Mutation.updateMe': {
    ask: () => `mutation { updateMe(input: {}) { ${member} } }`,
    at: ['updateMe'],
    expected: signedIn,
  },
  'Mutation.addAddress': {
    ask: () => `mutation { addAddress(input: { address: ${address.replace('DE', 'XX')} }) { ${member} } }`,
    at: ['addAddress'],
    expected: signedIn,
  },
  'Mutation.updateAddress': {
    ask: ({ keptAddressId }) =>
      `mutation { updateAddress(input: { addressId: "${keptAddressId}", address: ${address} }) { ${member} } }`,
    at: ['updateAddress'],
    expected: { ...ownerOnly, service: 'refused' },
  },
  'Mutation.removeAddress': {
    ask: ({ removedAddressId }) =>
      `mutation { removeAddress(input: { addressId: "${removedAddressId}" }) { ${member} } }`,
    at: ['removeAddress'],
    expected: { ...ownerOnly, service: 'refused' },
  },
  'Mutation.setUserRole': {
    ask: ({ nobodysId }) =>
      `mutation { setUserRole(input: { userId: "${nobodysId}", role: STAFF }) { ${member} } }`,
    at: ['setUserRole'],
    expected: { ...all('refused'), admin: 'hidden' },
  },
  'Mutation.createProduct': {
    ask: () =>
      `mutation { createProduct(input: { sku: "", name: "X", priceMinor: 1, currency: "EUR" }) { ${member} } }`,
    at: ['createProduct'],
    expected: staffOnly,
  },
  'Mutation.updateProduct': {
    ask: ({ nobodysId }) =>
      `mutation { updateProduct(input: { productId: "${nobodysId}", name: "X" }) { ${member} } }`,
    at: ['updateProduct'],
    expected: staffNotFound,
  },
  'Mutation.archiveProduct': {
    ask: ({ nobodysId }) => `mutation { archiveProduct(input: { productId: "${nobodysId}" }) { ${member} } }`,
    at: ['archiveProduct'],
    expected: staffNotFound,
  },
  'Mutation.adjustStock': {
    ask: ({ nobodysId }) =>
      `mutation { adjustStock(input: { productId: "${nobodysId}", delta: 1, reason: "count" }) { ${member} } }`,
    at: ['adjustStock'],
    expected: staffNotFound,
  },
  'Mutation.placeOrder': {
    ask: () =>
      `mutation { placeOrder(input: { idempotencyKey: "k", items: [], paymentMethod: "pm_card_visa", shippingAddress: ${address} }) { ${member} } }`,
    at: ['placeOrder'],
    expected: signedIn,
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
  // n.b. the order has no such product: whoever may refund it learns that
  'Mutation.refundOrder': {
    ask: ({ orderId, nobodysId }) =>
      `mutation { refundOrder(input: { idempotencyKey: "k", orderId: "${orderId}", items: [{ productId: "${nobodysId}", quantity: 1 }] }) { ${member} } }`,
    at: ['refundOrder'],
    expected: staffOnly,
  },
  'Mutation.markNotificationsRead': {
    ask: ({ notificationId }) =>
      `mutation { markNotificationsRead(input: { ids: ["${notificationId}"] }) { ... on MarkNotificationsReadSuccess { notifications { id } } } }`,
    at: ['markNotificationsRead', 'notifications', 0],
    expected: { ...ownerOnly, service: 'refused' },
  },
  'Mutation.updateNotificationPreferences': {
    ask: () =>
      `mutation { updateNotificationPreferences(input: { channel: EMAIL, enabled: true }) { __typename } }`,
    at: ['updateNotificationPreferences'],
    expected: signedIn,
  },

  'Subscription.orderUpdated': {
    ask: ({ orderId }) => `subscription { orderUpdated(orderId: "${orderId}") { version } }`,
    at: ['orderUpdated'],
    expected: { ...ownerOnly, service: 'refused' },
  },
  'Subscription.notificationAdded': {
    ask: () => 'subscription { notificationAdded { notification { id } } }',
    at: ['notificationAdded'],
    expected: signedIn,
  },
  'Subscription.orderPlaced': {
    ask: () => 'subscription { orderPlaced { order { id } } }',
    at: ['orderPlaced', 'order'],
    expected: staffOnly,
  },
  'Subscription.productStockChanged': {
    ask: ({ productId }) =>
      `subscription { productStockChanged(productIds: ["${productId}"]) { available } }`,
    at: ['productStockChanged'],
    expected: everybody,
  },

  // n.b. the third change of the delivered order is its shipping, by staff
  'OrderChange.by': {
    ask: ({ orderId }) => `{ order(id: "${orderId}") { timeline { by { id } } } }`,
    at: ['order', 'timeline', 2, 'by'],
    expected: { ...ownerAndStaff, owner: 'hidden' },
  },

  'Product.onHand': {
    ask: ({ productId }) => `{ product(id: "${productId}") { onHand } }`,
    at: ['product', 'onHand'],
    expected: staffOnly,
  },
  'Product.reserved': {
    ask: ({ productId }) => `{ product(id: "${productId}") { reserved } }`,
    at: ['product', 'reserved'],
    expected: staffOnly,
  },

  'User.email': personal('email'),
  'User.addresses': personal('addresses { id }', 'addresses'),
  'User.orders': personal('orders(first: 1) { edges { cursor } }', 'orders'),
  'User.notifications': {
    ...personal('notifications(first: 1) { edges { cursor } }', 'notifications'),
    expected: { ...ownerOnly, service: 'hidden' },
  },
  'User.notificationPreferences': {
    ...personal('notificationPreferences { channel enabled }', 'notificationPreferences'),
    expected: { ...ownerOnly, service: 'hidden' },
  },
  'User.unreadNotificationCount': {
    ...personal('unreadNotificationCount'),
    expected: { ...ownerOnly, service: 'hidden' },
  },
}

/** The other fields, by type: whoever may read the object that has them may read them. */
export const openFields: Readonly<Record<string, string>> = {
  AddAddressSuccess: 'address user',
  Address: 'id name line1 line2 city postalCode country',
  AddressNotFound: 'message',
  AdjustStockSuccess: 'product',
  ArchiveProductSuccess: 'product',
  BestSeller: 'product name unitsSold',
  CancelOrderSuccess: 'order',
  ChangePasswordSuccess: 'user endedSessions',
  CreateProductSuccess: 'product',
  DailySales: 'date figures',
  DeliverOrderSuccess: 'order',
  EmailTaken: 'message',
  IdempotencyKeyReused: 'message',
  IllegalOrderTransition: 'message from to',
  InsufficientStock: 'message available',
  InvalidCredentials: 'message',
  InvalidInput: 'message field',
  InvalidOrder: 'message field',
  InvalidRefreshToken: 'message',
  LastAdmin: 'message',
  LogoutEverywhereSuccess: 'endedSessions',
  LogoutSuccess: 'endedSessions',
  MarkNotificationsReadSuccess: 'notifications user',
  Money: 'amountMinor currency',
  Notification: 'id kind title body order readAt createdAt',
  NotificationAdded: 'notification cursor',
  NotificationPreference: 'channel enabled',
  Order: 'id number status customer items total shippingAddress payment tracking timeline version placedAt',
  OrderChange: 'status at reason actor',
  OrderItem: 'product productName sku unitPrice quantity lineTotal',
  OrderNotFound: 'message',
  OrderPlacedUpdate: 'order occurredAt eventId',
  OrderPayment: 'status method refunded refunds',
  OrderUpdate: 'order type version occurredAt eventId',
  OutOfStock: 'message items',
  OutOfStockItem: 'product requested available',
  PageInfo: 'hasNextPage endCursor',
  PaymentDeclined: 'message reason',
  PlaceOrderSuccess: 'order',
  PriceChanged: 'message oldTotal newTotal',
  Product:
    'id sku name description category price available inStock imageUrl createdAt updatedAt archivedAt unitsSold',
  ProductNotFound: 'message',
  ProductSales: 'product name sku figures',
  ProductStockChange: 'product available occurredAt',
  ProductUnavailable: 'message productIds',
  Refund: 'id status amount reason requestedAt',
  RefundDeclined: 'message reason',
  RefundOrderSuccess: 'order refund',
  RemoveAddressSuccess: 'user',
  SalesFigures: 'currency unitsSold unitsReturned soldMinor returnedMinor revenueMinor',
  SalesSummary: 'from to totals days products',
  Session: 'accessToken refreshToken expiresAt user',
  SetUserRoleSuccess: 'user',
  ShipOrderSuccess: 'order',
  ShippingAddress: 'name line1 line2 city postalCode country',
  SkuTaken: 'message',
  TooManyAttempts: 'message retryAfterSeconds',
  Tracking: 'carrier trackingNumber',
  TryAgain: 'message retryAfterSeconds',
  UpdateAddressSuccess: 'address user',
  UpdateMeSuccess: 'user',
  UpdateNotificationPreferencesSuccess: 'user',
  UpdateProductSuccess: 'product',
  User: 'id name role createdAt',
  UserNotFound: 'message',
  WeakPassword: 'message',
}

/** Whether a type is only the form in which things are listed. */
export const isListing = (type: string): boolean => /(Connection|Edge)$/.test(type)

function all(outcome: Outcome): Row['expected'] {
  return {
    anonymous: outcome,
    other: outcome,
    staff: outcome,
    admin: outcome,
    owner: outcome,
    service: outcome,
  }
}

/** A field of a user who can be looked up: for the user, and for staff who may read users. */
function personal(selection: string, key = selection): Row {
  return {
    ask: ({ userId }) => `{ user(id: "${userId}") { ${selection} } }`,
    at: ['user', key],
    selection,
    expected: ownerAndStaff,
  }
}
