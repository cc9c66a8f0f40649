import { namedUuid } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { createOrderNotification, type Occurrence } from './notification.ts'
import { type OrderNews, orderNews } from './order-news.ts'

/** What somebody needs who has forgotten a password. */
const passwordReset = z.object({
  kind: z.literal('PASSWORD_RESET'),
  /** The link's token, which is opened at the moment of sending and never stored in clear. */
  sealedToken: z.string(),
})

/** What an e-mail is about, as it is stored until it is sent. */
export const emailContent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('WELCOME') }),
  passwordReset,
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
  /** When it is of no use any more; without it, 3 days after the event. */
  readonly expiresAt?: Date
}

/** E-mails that somebody has asked for: users get them even if they have switched e-mail off. */
export const requestedKinds: readonly EmailContent['kind'][] = ['PASSWORD_RESET']

/** The greeting of a new user. */
export const createWelcomeEmail = (event: Occurrence, userId: string): NewEmail => ({
  ...headOf(event, userId),
  subject: 'Your account is ready',
  content: { kind: 'WELCOME' },
})

/** The e-mail with the link to choose a new password. */
export const createPasswordResetEmail = (
  event: Occurrence,
  { userId, sealedToken, expiresAt }: PasswordResetRequest,
): NewEmail => ({
  ...headOf(event, userId),
  subject: 'Choose a new password',
  content: { kind: 'PASSWORD_RESET', sealedToken },
  expiresAt: new Date(expiresAt),
})

type PasswordResetRequest = {
  readonly userId: string
  readonly sealedToken: string
  readonly expiresAt: string
}

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
