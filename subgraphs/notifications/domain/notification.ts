import { formatMoney } from '@supergraph/money/money.ts'
import type { OrderNews } from './order-news.ts'

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
): NewNotification => ({
  userId: user.userId,
  eventId: event.id,
  kind: 'WELCOME',
  title: `Welcome, ${user.name}`,
  body: 'Your account is ready. News about your orders will appear here.',
  orderId: null,
  createdAt: new Date(event.time),
})

/** The notification of an order's customer about a change of the order. */
export const createOrderNotification = (event: Occurrence, news: OrderNews): NewNotification => ({
  userId: news.customerId,
  eventId: event.id,
  kind: news.kind,
  ...textsOf(news),
  orderId: news.orderId,
  createdAt: new Date(event.time),
})

type Texts = Readonly<Record<'title' | 'body', string>>

const textsOf = (news: OrderNews): Texts => {
  const { kind, number } = news
  const total = formatMoney(news.total)
  switch (kind) {
    case 'ORDER_CONFIRMED':
      return {
        title: `Order ${number} is confirmed`,
        body: `Thank you! We are preparing your order ${number} for ${total}.`,
      }
    case 'ORDER_REJECTED':
      return {
        title: `Order ${number} was rejected`,
        body: `We could not accept your order ${number} for ${total}. Nothing will be sent or charged.`,
      }
    case 'ORDER_CANCELLED':
      return {
        title: `Order ${number} was cancelled`,
        body: `Your order ${number} for ${total} was cancelled. Nothing will be sent, and what you have paid is returned.`,
      }
    case 'ORDER_SHIPPED':
      return {
        title: `Order ${number} is on its way`,
        body: `Your order ${number} for ${total} has left${by(news.carrier)}. Its tracking number is ${news.trackingNumber}.`,
      }
    case 'ORDER_DELIVERED':
      return {
        title: `Order ${number} has arrived`,
        body: `Your order ${number} for ${total} was delivered. Enjoy!`,
      }
    case 'ORDER_REFUNDED': {
      const amount = formatMoney(news.amount)
      return {
        title: `Order ${number} was refunded${news.isFull ? '' : ' in part'}`,
        body: `We have returned ${amount} of your order ${number} for ${total} to your payment method.`,
      }
    }
    default:
      return kind satisfies never
  }
}

const by = (carrier: string | null): string => (carrier === null ? '' : ` with ${carrier}`)
