import { expect, it } from 'vitest'
import { checkEvent, type PublishedEvent } from '../events.ts'
import { checkInbox } from '../inboxes.ts'
import type { OrderRecords } from '../order-records.ts'
import { checkOrder } from '../orders.ts'
import { checkStock, type ProductStock } from '../products.ts'
import {
  cancelledCase,
  healthyCase,
  healthyOrder,
  healthyPayment,
  heard,
  pendingCase,
  pendingOrder,
} from './order-case.fixture.ts'

const { news, reservation } = healthyCase

/** The healthy order with its books changed in one place. */
const withOrder = (change: Partial<OrderRecords['order'] & object>): OrderRecords => ({
  ...healthyCase,
  order: { ...healthyOrder, ...change },
})

/** The healthy order after its events have been pruned. */
const old = withOrder({
  events: [],
  changes: healthyOrder.changes.map(change => ({ ...change, isOld: true })),
})

const madeRefund = {
  ...{ id: 're_1', refundId: 'refund', isOurs: true, amountMinor: 200, status: 'succeeded' },
  madeAt: new Date(0),
}

const partlyRefunded: OrderRecords = {
  ...withOrder({
    refundedMinor: 200,
    version: 5,
    refunds: [{ id: 'refund', amountMinor: 200, state: 'SUCCEEDED', providerId: null }],
    changes: [
      ...healthyOrder.changes,
      { version: 5, status: 'DELIVERED', paymentChange: null, isOld: false },
    ],
    events: [
      ...healthyOrder.events,
      { id: 'event 5', type: 'order.refunded', version: 5, isPublished: true },
    ],
  }),
  payments: [
    {
      ...healthyPayment,
      refundedMinor: 200,
      refunds: [madeRefund],
    },
  ],
  news: {
    ...news,
    updates: [...news.updates, heard({ id: 'event 5', type: 'order.refunded', version: 5 })],
    notifications: [
      ...news.notifications,
      { id: 'notification of event 5', userId: 'ada', kind: 'ORDER_REFUNDED', eventId: 'event 5' },
    ],
  },
}

/** The order that was refunded in part, with what each side has of its refunds. */
const withRefunds = (
  refunds: readonly (OrderRecords['order'] & object)['refunds'][number][],
  made: readonly OrderRecords['payments'][number]['refunds'][number][],
): OrderRecords => ({
  ...partlyRefunded,
  order: partlyRefunded.order && { ...partlyRefunded.order, refunds: [...refunds] },
  payments: [{ ...healthyPayment, refundedMinor: 200, refunds: [...made] }],
})

const ownRefund = { id: 'refund', amountMinor: 200, state: 'SUCCEEDED', providerId: null }
const otherRefund = { ...madeRefund, id: 're_2', refundId: null }

/** The healthy order with a dispute, as each side has it. */
const withDisputes = (
  own: (OrderRecords['order'] & object)['disputes'],
  theirs: OrderRecords['payments'][number]['disputes'],
): OrderRecords => ({
  ...withOrder({ disputes: own }),
  payments: [{ ...healthyPayment, disputes: theirs }],
})

const ownDispute = { id: 'du_1', amountMinor: 1_200, status: 'UNDER_REVIEW' }
const theirDispute = { id: 'du_1', amountMinor: 1_200, status: 'under_review' }

const free: OrderRecords = {
  ...withOrder({
    paymentState: 'NOT_REQUIRED',
    paymentId: null,
    totalMinor: 0,
    items: healthyOrder.items.map(item => ({ ...item, unitPriceMinor: 0 })),
  }),
  payments: [],
}

const lostCase: OrderRecords = {
  ...cancelledCase,
  order: cancelledCase.order && {
    ...cancelledCase.order,
    ...{ paymentState: 'REFUNDED', paymentId: 'pi_1', refundedMinor: 1_200 },
    disputes: [{ id: 'du_1', amountMinor: 1_200, status: 'LOST' }],
    refunds: [{ id: 'refund', amountMinor: 1_200, state: 'SUCCEEDED', providerId: null }],
  },
  payments: [{ ...healthyPayment, disputes: [{ id: 'du_1', amountMinor: 1_200, status: 'lost' }] }],
}

const outOfStock: OrderRecords = {
  ...cancelledCase,
  order: cancelledCase.order && {
    ...cancelledCase.order,
    status: 'REJECTED',
    stockState: 'REFUSED',
    paymentState: 'NOT_ASKED',
    paymentId: null,
    changes: [
      ...healthyOrder.changes.slice(0, 1),
      { version: 2, status: 'REJECTED', paymentChange: null, isOld: false },
    ],
    events: [
      ...healthyOrder.events.slice(0, 1),
      { id: 'event 2', type: 'order.rejected', version: 2, isPublished: true },
    ],
  },
  reservation: { orderId: 'order', state: 'REFUSED', lines: [], movements: [] },
  payments: [],
  news: {
    ...cancelledCase.news,
    updates: cancelledCase.news.updates.map(update =>
      update.version === 2 ? { ...update, type: 'order.rejected' } : update,
    ),
    notifications: cancelledCase.news.notifications.map(told => ({ ...told, kind: 'ORDER_REJECTED' })),
  },
}

it.each([
  ['delivered', healthyCase],
  ['refunded in part', partlyRefunded],
  [
    'refunded by somebody in the provider’s console, where another refund has failed',
    withRefunds(
      [
        { ...ownRefund, state: 'FAILED' },
        { ...ownRefund, id: 'adopted', providerId: 're_2' },
      ],
      [{ ...madeRefund, status: 'failed' }, otherRefund],
    ),
  ],
  ['disputed', withDisputes([ownDispute], [theirDispute])],
  [
    'the subject of an inquiry',
    withDisputes([{ ...ownDispute, status: 'CLOSED' }], [{ ...theirDispute, status: 'warning_closed' }]),
  ],
  ['free of charge', free],
  ['cancelled', cancelledCase],
  ['cancelled, and lost in a dispute', lostCase],
  ['out of stock', outOfStock],
  ['in the middle of its checkout', pendingCase],
  [
    'about to return what it holds',
    { ...pendingCase, payments: [healthyPayment, { ...healthyPayment, id: 'pi_0', status: 'canceled' }] },
  ],
  ['charged, which its row does not say yet', { ...pendingCase, reservation, payments: [healthyPayment] }],
  [
    'with events that wait, or that were pruned',
    withOrder({
      events: healthyOrder.events.slice(2).map(event => ({ ...event, isPublished: false })),
      changes: healthyOrder.changes.map(change => ({ ...change, isOld: true })),
    }),
  ],
  [
    'told late, and only where it stands',
    { ...healthyCase, news: { ...news, notifications: news.notifications.slice(-1) } },
  ],
  [
    'so old that most of what it was told with was pruned',
    {
      ...old,
      news: {
        ...news,
        updates: news.updates.slice(-1).map(update => ({ ...update, followsPruned: true })),
      },
    },
  ],
  [
    'so old that all it was told with was pruned',
    {
      ...old,
      news: {
        ...news,
        updates: news.updates.slice(-1).map(update => ({ ...update, followsPruned: true, isOld: true })),
        notifications: [],
      },
    },
  ],
  [
    'older than the e-mail of its shop',
    {
      ...healthyCase,
      news: {
        ...news,
        updates: news.updates.map(update => ({ ...update, isBeforeEmail: true, emailedTo: [] })),
      },
    },
  ],
] satisfies readonly (readonly [
  string,
  OrderRecords,
])[])('finds nothing in an order that is %s', (_, all) => {
  expect(checkOrder(all)).toEqual([])
})

const withPayment = (change: Partial<OrderRecords['payments'][number]>): OrderRecords => ({
  ...healthyCase,
  payments: [{ ...healthyPayment, ...change }],
})

it.each([
  ['customer-unknown', ['ada'], { ...healthyCase, isCustomerKnown: false }],
  [
    'total-disagrees',
    [],
    withOrder({ items: healthyOrder.items.map(item => ({ ...item, unitPriceMinor: 401 })) }),
  ],
  [
    'history-gap',
    [],
    withOrder({
      changes: healthyOrder.changes
        .filter(({ version }) => version !== 2)
        .map(change => ({ ...change, status: change.version === 3 ? 'SHIPPED' : change.status })),
      events: healthyOrder.events,
    }),
  ],
  ['stuck', [], { ...pendingCase, order: { ...pendingOrder, isOverdue: true } }],
  ['stuck', [], { ...pendingCase, order: { ...pendingOrder, step: null } }],
  [
    'stuck',
    [],
    withOrder({ refunds: [{ id: 'refund', amountMinor: 1, state: 'PENDING', providerId: null }] }),
  ],
  ['confirmed-not-charged', ['pi_1'], { ...healthyCase, payments: [] }],
  ['confirmed-not-charged', ['pi_1'], withPayment({ status: 'canceled', receivedMinor: 0 })],
  ['charged-not-confirmed', ['pi_1'], { ...cancelledCase, payments: [healthyPayment] }],
  [
    'charged-not-confirmed',
    ['pi_1'],
    { ...cancelledCase, payments: [{ ...healthyPayment, status: 'requires_capture', receivedMinor: 0 }] },
  ],
  [
    'charged-twice',
    ['pi_1', 'pi_2'],
    { ...healthyCase, payments: [healthyPayment, { ...healthyPayment, id: 'pi_2' }] },
  ],
  ['wrong-amount', ['pi_1'], withPayment({ amountMinor: 1_300, receivedMinor: 1_300 })],
  ['wrong-amount', ['pi_1'], withPayment({ currency: 'usd' })],
  [
    'refunds-disagree',
    ['pi_1'],
    withPayment({
      refundedMinor: 300,
      refunds: [{ ...madeRefund, refundId: null, amountMinor: 300 }],
    }),
  ],
  [
    'refunds-disagree',
    ['other', 're_1'],
    {
      ...partlyRefunded,
      payments: partlyRefunded.payments.map(payment => ({
        ...payment,
        refunds: payment.refunds.map(refund => ({ ...refund, refundId: 'other' })),
      })),
    },
  ],
  [
    'refunds-disagree',
    ['refund', 're_1'],
    withRefunds([ownRefund], [{ ...madeRefund, status: 'failed' }, otherRefund]),
  ],
  [
    'refunds-disagree',
    ['refund', 're_2'],
    withRefunds(
      [
        { ...ownRefund, state: 'FAILED', providerId: 're_2' },
        { ...ownRefund, id: 'other' },
      ],
      [otherRefund],
    ),
  ],
  ['disputes-disagree', ['du_1'], withDisputes([], [theirDispute])],
  ['disputes-disagree', ['du_1'], withDisputes([ownDispute], [])],
  ['disputes-disagree', ['du_1'], withDisputes([ownDispute], [{ ...theirDispute, status: 'lost' }])],
  ['disputes-disagree', ['du_1'], withDisputes([ownDispute], [{ ...theirDispute, amountMinor: 1_100 }])],
  ['payment-state-disagrees', ['pi_1'], withOrder({ paymentState: 'REFUNDED' })],
  ['payment-state-disagrees', ['pi_0', 'pi_1'], withOrder({ paymentId: 'pi_0' })],
  [
    'stock-not-taken',
    [],
    { ...healthyCase, reservation: { ...reservation, state: 'RELEASED', movements: [] } },
  ],
  ['stock-kept', [], { ...cancelledCase, reservation }],
  [
    'lines-disagree',
    ['ink'],
    {
      ...healthyCase,
      reservation: {
        ...reservation,
        lines: reservation.lines.slice(0, 1),
        movements: reservation.movements.slice(0, 1),
      },
    },
  ],
  [
    'movements-disagree',
    ['mug'],
    { ...healthyCase, reservation: { ...reservation, movements: reservation.movements.slice(1) } },
  ],
  ['event-missing', [], withOrder({ events: healthyOrder.events.slice(0, 3) })],
  [
    'update-missing',
    ['event 2'],
    {
      ...healthyCase,
      news: {
        ...news,
        updates: news.updates.filter(({ version }) => version !== 2),
        notifications: news.notifications.slice(1),
      },
    },
  ],
  [
    'update-unfounded',
    ['event 5'],
    {
      ...healthyCase,
      news: {
        ...news,
        updates: [...news.updates, heard({ id: 'event 5', type: 'order.placed', version: 5 })],
      },
    },
  ],
  [
    'update-unfounded',
    ['event 2'],
    {
      ...healthyCase,
      news: {
        ...news,
        updates: news.updates.map(update => ({
          ...update,
          customerId: update.version === 2 ? 'eve' : 'ada',
        })),
      },
    },
  ],
  [
    'notification-missing',
    ['ada', 'event 4'],
    { ...healthyCase, news: { ...news, notifications: news.notifications.slice(0, 2) } },
  ],
  [
    'notification-doubled',
    ['notification of event 2', 'again'],
    {
      ...healthyCase,
      news: {
        ...news,
        notifications: [
          ...news.notifications,
          { id: 'again', userId: 'ada', kind: 'ORDER_CONFIRMED', eventId: 'unknown' },
        ],
      },
    },
  ],
  [
    'notification-unfounded',
    ['false'],
    {
      ...healthyCase,
      news: {
        ...news,
        notifications: [
          ...news.notifications,
          { id: 'false', userId: 'ada', kind: 'ORDER_REJECTED', eventId: 'unknown' },
        ],
      },
    },
  ],
  [
    'notification-misdirected',
    ['notification of event 4', 'eve'],
    {
      ...healthyCase,
      news: {
        ...news,
        notifications: news.notifications.map(told => ({
          ...told,
          userId: told.eventId === 'event 4' ? 'eve' : 'ada',
        })),
      },
    },
  ],
  [
    'email-missing',
    ['ada', 'event 2'],
    {
      ...healthyCase,
      news: {
        ...news,
        updates: news.updates.map(update => ({
          ...update,
          emailedTo: update.version === 2 ? [] : update.emailedTo,
        })),
      },
    },
  ],
  [
    'email-misdirected',
    ['event 2', 'eve'],
    {
      ...healthyCase,
      news: {
        ...news,
        updates: news.updates.map(update => ({
          ...update,
          emailedTo: update.version === 2 ? ['ada', 'eve'] : update.emailedTo,
        })),
      },
    },
  ],
] satisfies readonly (readonly [
  string,
  readonly string[],
  OrderRecords,
])[])('calls it %s and names %j', (kind, ids, all) => {
  const violations = checkOrder(all)
  expect(new Set(violations.map(violation => violation.kind))).toEqual(new Set([kind]))
  for (const { subject } of violations) expect(subject).toBe('order')
  expect(violations.flatMap(violation => violation.ids)).toEqual(expect.arrayContaining([...ids]))
})

it('names what other services have of an order that orders does not know', () => {
  const lost = checkOrder({ ...healthyCase, order: null, isCustomerKnown: false })
  expect(new Set(lost.map(({ kind, subject }) => `${kind} ${subject}`))).toEqual(
    new Set([
      'charge-without-order pi_1',
      'reservation-without-order order',
      'update-unfounded order',
      'notification-unfounded order',
    ]),
  )
})

const shelf: ProductStock = {
  id: 'mug',
  onHand: 10,
  reserved: 3,
  orderable: 7,
  version: 4,
  hasEventsWaiting: false,
  movedOnHand: 10,
  movedReserved: 3,
  reservedByOrders: 3,
  told: { id: 'mug', available: 7, version: 4 },
}

it.each([
  [[], shelf],
  [[], { ...shelf, told: null, version: 1 }],
  [[], { ...shelf, told: { id: 'mug', available: 8, version: 3 }, hasEventsWaiting: true }],
  [['shelf-disagrees'], { ...shelf, movedOnHand: 11 }],
  [['shelf-disagrees'], { ...shelf, movedReserved: 2 }],
  [['shelf-disagrees'], { ...shelf, reservedByOrders: 4 }],
  [['update-missing'], { ...shelf, told: { id: 'mug', available: 8, version: 3 } }],
  [['update-missing'], { ...shelf, told: null }],
  [['update-unfounded'], { ...shelf, told: { id: 'mug', available: 8, version: 4 } }],
] satisfies readonly (readonly [
  readonly string[],
  ProductStock,
])[])('finds %j in a shelf', (kinds, damaged) => {
  expect(checkStock(damaged).map(({ kind }) => kind)).toEqual(kinds)
})

it.each([
  [[], { userId: 'ada', lastSeq: 3, count: 3, lowestSeq: 1, highestSeq: 3 }],
  [[], { userId: 'ada', lastSeq: 3, count: 2, lowestSeq: 2, highestSeq: 3 }],
  [[], { userId: 'ada', lastSeq: 3, count: 0, lowestSeq: 0, highestSeq: 0 }],
  [['notification-gap'], { userId: 'ada', lastSeq: 3, count: 2, lowestSeq: 1, highestSeq: 3 }],
  [['notification-gap'], { userId: 'ada', lastSeq: 2, count: 3, lowestSeq: 1, highestSeq: 3 }],
  [['notification-gap'], { userId: 'ada', lastSeq: 4, count: 3, lowestSeq: 1, highestSeq: 3 }],
])('finds %j in the numbers of an inbox', (kinds, inbox) => {
  expect(checkInbox(inbox).map(({ kind }) => kind)).toEqual(kinds)
})

const event: PublishedEvent = {
  id: 'event',
  type: 'user.registered',
  subject: 'ada',
  state: 'published',
  error: null,
  isTold: true,
  isEmailed: true,
}

it.each([
  [[], event],
  [[], { ...event, state: 'waiting', isTold: false }],
  [['event-stuck'], { ...event, state: 'dead', error: 'refused', isTold: false }],
  [['event-stuck'], { ...event, state: 'overdue', isTold: null, isEmailed: null }],
  [['notification-missing'], { ...event, isTold: false, isEmailed: false }],
  [['email-missing'], { ...event, isEmailed: false }],
] satisfies readonly (readonly [
  readonly string[],
  PublishedEvent,
])[])('finds %j in an event', (kinds, found) => {
  expect(checkEvent(found).map(({ kind }) => kind)).toEqual(kinds)
})
