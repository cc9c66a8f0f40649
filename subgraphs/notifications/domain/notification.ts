import type { NotificationKind } from '../generated/resolvers.ts'

/** What an event says to a user, before it is numbered and stored. */
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

/** Which event a notification tells of; `time` is ISO 8601. */
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

/** What an order's customer is told when the order is settled. */
export const createOrderNotification = (
  kind: Exclude<NotificationKind, 'WELCOME'>,
  event: Occurrence,
  order: OrderSummary,
): NewNotification => ({
  userId: order.customerId,
  eventId: event.id,
  kind,
  ...orderTexts[kind](order.number, formatMoney(order.total)),
  orderId: order.orderId,
  createdAt: new Date(event.time),
})

/** An order as its events describe it. */
export type OrderSummary = {
  readonly orderId: string
  readonly number: string
  readonly customerId: string
  readonly total: Money
}

type Money = { readonly amountMinor: number; readonly currency: string }

type Texts = Readonly<Record<'title' | 'body', string>>

const orderTexts = {
  ORDER_CONFIRMED: (number, total) => ({
    title: `Order ${number} is confirmed`,
    body: `Thank you! We are preparing your order ${number} for ${total}.`,
  }),
  ORDER_REJECTED: (number, total) => ({
    title: `Order ${number} was rejected`,
    body: `We could not accept your order ${number} for ${total}. Nothing will be sent.`,
  }),
  ORDER_CANCELLED: (number, total) => ({
    title: `Order ${number} was cancelled`,
    body: `Your order ${number} for ${total} was cancelled. Nothing will be sent.`,
  }),
} satisfies Readonly<Record<string, (number: string, total: string) => Texts>>

/** An amount as English readers write it, such as €12.50; minor units follow the currency, so that ¥500 has none. */
export const formatMoney = ({ amountMinor, currency }: Money): string => {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(amountMinor / 10 ** digits)
}
