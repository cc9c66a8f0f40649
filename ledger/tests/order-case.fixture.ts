import type { NewsRecord, OrderRecord, OrderRecords, PaymentRecord } from '../order-records.ts'

/** A DELIVERED order of 2 × 500 and 1 × 200 EUR on which every database agrees. */
export const healthyOrder = {
  id: 'order',
  customerId: 'ada',
  status: 'DELIVERED',
  currency: 'EUR',
  totalMinor: 1_200,
  version: 4,
  step: null,
  isOverdue: false,
  stockState: 'COMMITTED',
  paymentState: 'CAPTURED',
  paymentId: 'pi_1',
  refundedMinor: 0,
  items: [
    { productId: 'mug', quantity: 2, unitPriceMinor: 500 },
    { productId: 'ink', quantity: 1, unitPriceMinor: 200 },
  ],
  changes: ['PENDING', 'CONFIRMED', 'SHIPPED', 'DELIVERED'].map((status, index) => ({
    version: index + 1,
    status,
    paymentChange: null,
    isOld: false,
  })),
  refunds: [],
  disputes: [],
  events: ['placed', 'confirmed', 'shipped', 'delivered'].map((type, index) => ({
    id: `event ${index + 1}`,
    type: `order.${type}`,
    version: index + 1,
    isPublished: true,
  })),
} as const satisfies OrderRecord

export const healthyPayment = {
  id: 'pi_1',
  orderId: 'order',
  amountMinor: 1_200,
  receivedMinor: 1_200,
  refundedMinor: 0,
  currency: 'eur',
  status: 'succeeded',
  refunds: [],
  disputes: [],
} as const satisfies PaymentRecord

type OrderEvent = Omit<OrderRecord['events'][number], 'isPublished'>

/** What notifications knows of an event of the healthy order. */
export const heard = ({ id, type, version }: OrderEvent): NewsRecord['updates'][number] => ({
  version,
  type,
  eventId: id,
  customerId: 'ada',
  followsPruned: false,
  isOld: false,
  isBeforeEmail: false,
  emailedTo: type === 'order.placed' ? [] : ['ada'],
})

export const healthyCase = {
  orderId: 'order',
  order: healthyOrder,
  isCustomerKnown: true,
  reservation: {
    orderId: 'order',
    state: 'COMMITTED',
    lines: healthyOrder.items,
    movements: [
      { productId: 'mug', onHand: -2, reserved: 0 },
      { productId: 'ink', onHand: -1, reserved: 0 },
    ],
  },
  payments: [healthyPayment],
  news: {
    orderId: 'order',
    updates: healthyOrder.events.map(heard),
    notifications: healthyOrder.events.slice(1).map(({ id, type }) => ({
      id: `notification of ${id}`,
      userId: 'ada',
      kind: type.toUpperCase().replace('.', '_'),
      eventId: id,
    })),
  },
} as const satisfies OrderRecords

/** The healthy order after its first change alone, with what it is about to do. */
export const pendingOrder: OrderRecord = {
  ...healthyOrder,
  status: 'PENDING',
  version: 1,
  step: 'AUTHORIZE_PAYMENT',
  stockState: 'RESERVED',
  paymentState: 'ASKED',
  paymentId: null,
  changes: healthyOrder.changes.slice(0, 1),
  events: healthyOrder.events.slice(0, 1),
}

/** What the others have of the healthy order while it is PENDING. */
export const pendingCase: OrderRecords = {
  ...healthyCase,
  order: pendingOrder,
  reservation: {
    ...healthyCase.reservation,
    state: 'RESERVED',
    movements: [
      { productId: 'mug', onHand: 0, reserved: 2 },
      { productId: 'ink', onHand: 0, reserved: 1 },
    ],
  },
  payments: [{ ...healthyPayment, status: 'requires_capture', receivedMinor: 0 }],
  news: { orderId: 'order', updates: healthyCase.news.updates.slice(0, 1), notifications: [] },
}

/** The healthy order, called off instead of confirmed, with everything returned. */
export const cancelledCase: OrderRecords = {
  ...healthyCase,
  order: {
    ...healthyOrder,
    status: 'CANCELLED',
    version: 2,
    stockState: 'RETURNED',
    paymentState: 'VOIDED',
    changes: [
      ...healthyOrder.changes.slice(0, 1),
      { version: 2, status: 'CANCELLED', paymentChange: null, isOld: false },
    ],
    events: [
      ...healthyOrder.events.slice(0, 1),
      { id: 'event 2', type: 'order.cancelled', version: 2, isPublished: true },
    ],
  },
  reservation: { ...healthyCase.reservation, state: 'RELEASED', movements: [] },
  payments: [{ ...healthyPayment, status: 'canceled', receivedMinor: 0 }],
  news: {
    orderId: 'order',
    updates: [
      ...healthyCase.news.updates.slice(0, 1),
      heard({ id: 'event 2', type: 'order.cancelled', version: 2 }),
    ],
    notifications: [
      { id: 'notification of event 2', userId: 'ada', kind: 'ORDER_CANCELLED', eventId: 'event 2' },
    ],
  },
}
