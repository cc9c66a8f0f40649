import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { storeRecipient } from '../database/recipient-store.ts'
import { createWelcomeEmail } from '../domain/email.ts'
import { createWelcome } from '../domain/notification.ts'
import { notifyUser } from './notify-user.ts'
import { queues } from './queues.ts'

/** Stores the e-mail address of a new user, and welcomes the user. */
export const startOnUserRegistered = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserRegistered,
    handle: async (manager, event) => {
      const { userId, name, email } = event.data
      if (email !== undefined) await storeRecipient(manager, { userId, name, email, version: event.version })
      await notifyUser(manager, createWelcome(event, event.data), createWelcomeEmail(event, userId))
    },
  })
