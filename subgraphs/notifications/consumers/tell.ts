import type { EntityManager } from 'typeorm'
import { addEmail } from '../database/email-store.ts'
import { addNotification } from '../database/notification-store.ts'
import { isEnabled, withhold } from '../database/preference-store.ts'
import type { NewEmail } from '../domain/email.ts'
import type { NewNotification } from '../domain/notification.ts'

/** Tells a user of an event in each way they want, once: in the app with the commit, by e-mail when the sender gets to it. */
export const tell = async (
  manager: EntityManager,
  notification: NewNotification,
  email: NewEmail,
): Promise<void> => {
  if (await isEnabled(manager, notification.userId, 'IN_APP')) await addNotification(manager, notification)
  else await withhold(manager, notification)
  await addEmail(manager, email)
}
