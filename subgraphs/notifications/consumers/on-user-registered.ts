import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { storeRecipients } from '../database/recipient-store.ts'
import { createWelcomeEmail } from '../domain/email.ts'
import { fallback } from '../domain/language.ts'
import { createWelcome } from '../domain/notification.ts'
import { type NotifyingDependencies, notifyUsers } from './notify-users.ts'
import { queues } from './queues.ts'

/** Stores the e-mail address of a new user, and welcomes the user. */
export const startOnUserRegistered = ({ languages, ...dependencies }: NotifyingDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserRegistered,
    handle: async (manager, events) => {
      const recipients = events.flatMap(({ version, data: { userId, name, email, locale } }) =>
        email === undefined ? [] : [{ userId, name, email, locale, version }],
      )
      await storeRecipients(manager, recipients)
      await notifyUsers(
        manager,
        events.map(event => ({
          notification: createWelcome(event, event.data, languages.of(event.data.locale ?? fallback)),
          email: createWelcomeEmail(event, event.data.userId),
          traceparent: event.traceparent,
        })),
      )
    },
  })
