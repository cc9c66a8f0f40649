import type { ConsumerDependencies } from '@supergraph/messaging/consumer.ts'
import type { EntityManager } from 'typeorm'
import { addEmails } from '../database/email-store.ts'
import { addNotifications } from '../database/notification-store.ts'
import type { NewEmail } from '../domain/email.ts'
import type { NewNotification } from '../domain/notification.ts'
import type { Languages } from '../languages/languages.ts'

/** What consumers work with that notify users. */
export type NotifyingDependencies = ConsumerDependencies & { readonly languages: Languages }

/** What a user is told of an event, in the app and by e-mail, and which span handles the event. */
export type News = {
  readonly notification: NewNotification
  readonly email: NewEmail
  readonly traceparent: string | undefined
}

/** Notifies users of events once, through each channel that is on: in the app with the commit, by e-mail later. */
export const notifyUsers = async (manager: EntityManager, news: readonly News[]): Promise<void> => {
  if (news.length === 0) return
  await addNotifications(
    manager,
    news.map(({ notification, traceparent }) => ({ ...notification, traceparent })),
  )
  await addEmails(
    manager,
    news.map(({ email, traceparent }) => ({ ...email, traceparent })),
  )
}
