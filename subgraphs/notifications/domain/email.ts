import { namedUuid } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { createOrderNotification, type Occurrence } from './notification.ts'
import { type OrderNews, orderNews } from './order-news.ts'

/** What an e-mail is about, as it is stored until it is sent. */
export const emailContent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('WELCOME') }),
  orderNews,
])

export type EmailContent = z.output<typeof emailContent>

/** An e-mail before it is stored; its recipient's address is looked up when it is sent. */
export type NewEmail = {
  /** The same for the same event and user. */
  readonly id: string
  readonly userId: string
  readonly eventId: string
  readonly subject: string
  readonly content: EmailContent
  /** When the event happened. */
  readonly createdAt: Date
}

/** The greeting of a new user. */
export const createWelcomeEmail = (event: Occurrence, userId: string): NewEmail => ({
  ...headOf(event, userId),
  subject: 'Your account is ready',
  content: { kind: 'WELCOME' },
})

/** The e-mail to an order's customer about a change of the order. */
export const createOrderEmail = (event: Occurrence, news: OrderNews): NewEmail => ({
  ...headOf(event, news.customerId),
  subject: createOrderNotification(event, news).title,
  content: emailContent.parse(news),
})

const headOf = (event: Occurrence, userId: string) => ({
  id: namedUuid(`email ${event.id} ${userId}`, Date.parse(event.time)),
  userId,
  eventId: event.id,
  createdAt: new Date(event.time),
})
