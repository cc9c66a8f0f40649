import type { EntityManager } from 'typeorm'
import { addEmails } from '../database/email-store.ts'
import { addNotifications } from '../database/notification-store.ts'
import { disabledFor, withholdNotifications } from '../database/preference-store.ts'
import type { NewEmail } from '../domain/email.ts'
import type { NewNotification } from '../domain/notification.ts'

/** What a user is told of an event, in the app and by e-mail. */
export type News = { readonly notification: NewNotification; readonly email: NewEmail }

/** Notifies users of events once, through each channel that is on: in the app with the commit, by e-mail later. */
export const notifyUsers = async (manager: EntityManager, news: readonly News[]): Promise<void> => {
  if (news.length === 0) return
  const notifications = news.map(({ notification }) => notification)
  const userIds = notifications.map(({ userId }) => userId)
  const disabled = await disabledFor(manager, userIds, 'IN_APP')
  const isDisabled = ({ userId }: NewNotification) => disabled.has(userId.toLowerCase())
  await addNotifications(
    manager,
    notifications.filter(notification => !isDisabled(notification)),
  )
  await withholdNotifications(manager, notifications.filter(isDisabled))
  await addEmails(
    manager,
    news.map(({ email }) => email),
  )
}
