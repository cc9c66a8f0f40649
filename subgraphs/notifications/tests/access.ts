import {
  type AccessRows,
  everybody,
  type OpenFields,
  ownerOnly,
  personal,
  signedIn,
  staffOnly,
} from '../../../testbed/access.ts'

/** Who gets which root field of this subgraph, and which field that not every reader of its object may read. */
export const rows: AccessRows = {
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

/** The other fields of this subgraph: whoever may read the object may read them. */
export const openFields: OpenFields = {
  MarkNotificationsReadSuccess: 'notifications user',
  Notification: 'id kind title body order readAt createdAt',
  NotificationAdded: 'notification cursor',
  NotificationPreference: 'channel enabled',
  OrderPlacedUpdate: 'order occurredAt eventId',
  OrderUpdate: 'order type version occurredAt eventId',
  ProductStockChange: 'product available occurredAt',
  UpdateNotificationPreferencesSuccess: 'user',
}
