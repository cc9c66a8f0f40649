import type { EntityManager } from 'typeorm'
import { addEmail } from '../database/email-store.ts'
import { addNotification } from '../database/notification-store.ts'
import { isEnabled, withholdNotification } from '../database/preference-store.ts'
import type { NewEmail } from '../domain/email.ts'
import type { NewNotification } from '../domain/notification.ts'

/** Notifies a user of an event once, through each channel that is on: in the app with the commit, by e-mail later. */
export const notifyUser = async (
  manager: EntityManager,
  notification: NewNotification,
  email: NewEmail,
): Promise<void> => {
  if (await isEnabled(manager, notification.userId, 'IN_APP')) await addNotification(manager, notification)
  else await withholdNotification(manager, notification)
  await addEmail(manager, email)
}
