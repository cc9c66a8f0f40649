import type { Language } from './language.ts'
import type { OrderContent, OrderNews } from './order-news.ts'

/** What notifications and e-mails are about. */
export const notificationKinds = [
  'WELCOME',
  'ORDER_CONFIRMED',
  'ORDER_REJECTED',
  'ORDER_CANCELLED',
  'ORDER_SHIPPED',
  'ORDER_DELIVERED',
  'ORDER_REFUNDED',
] as const

export type NotificationKind = (typeof notificationKinds)[number]

/** A notification before it gets its number and is stored. */
export type NewNotification = {
  readonly userId: string
  readonly eventId: string
  readonly kind: NotificationKind
  readonly title: string
  readonly body: string
  readonly orderId: string | null
  /** When the event happened. */
  readonly createdAt: Date
}

/** The event that a notification is about; `time` is ISO 8601. */
export type Occurrence = { readonly id: string; readonly time: string }

/** The greeting of a new user. */
export const createWelcome = (
  event: Occurrence,
  user: { readonly userId: string; readonly name: string },
  { texts: { inApp } }: Language,
): NewNotification => ({
  userId: user.userId,
  eventId: event.id,
  kind: 'WELCOME',
  title: inApp.welcome.title({ name: user.name }),
  body: inApp.welcome.body,
  orderId: null,
  createdAt: new Date(event.time),
})

/** The notification of an order's customer about a change of the order. */
export const createOrderNotification = (
  event: Occurrence,
  news: OrderNews,
  language: Language,
): NewNotification => ({
  userId: news.customerId,
  eventId: event.id,
  kind: news.kind,
  title: subjectOf(news, language),
  body: bodyOf(news, language),
  orderId: news.orderId,
  createdAt: new Date(event.time),
})

/** In a few words what happened to an order: the title of a notification, and the subject of an e-mail. */
export const subjectOf = (news: OrderContent, { texts }: Language): string => {
  const { kind, number } = news
  switch (kind) {
    case 'ORDER_CONFIRMED':
      return texts.confirmed.subject({ number })
    case 'ORDER_REJECTED':
      return texts.rejected.subject({ number })
    case 'ORDER_CANCELLED':
      return texts.cancelled.subject({ number })
    case 'ORDER_SHIPPED':
      return texts.shipped.subject({ number })
    case 'ORDER_DELIVERED':
      return texts.delivered.subject({ number })
    case 'ORDER_REFUNDED':
      return (news.isFull ? texts.refunded.subject : texts.refunded.subjectInPart)({ number })
    default:
      return kind satisfies never
  }
}

const bodyOf = (news: OrderNews, { texts: { inApp }, money }: Language): string => {
  const { kind, number } = news
  const order = { number, total: money(news.total) }
  switch (kind) {
    case 'ORDER_CONFIRMED':
      return inApp.confirmed(order)
    case 'ORDER_REJECTED':
      return inApp.rejected(order)
    case 'ORDER_CANCELLED':
      return inApp.cancelled(order)
    case 'ORDER_SHIPPED': {
      const { carrier, trackingNumber } = news
      return carrier === null
        ? inApp.shipped({ ...order, trackingNumber })
        : inApp.shippedWithCarrier({ ...order, trackingNumber, carrier })
    }
    case 'ORDER_DELIVERED':
      return inApp.delivered(order)
    case 'ORDER_REFUNDED':
      return inApp.refunded({ ...order, amount: money(news.amount) })
    default:
      return kind satisfies never
  }
}
