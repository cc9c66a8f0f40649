import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { keepRecipient } from '../database/recipient-store.ts'
import { createWelcomeEmail } from '../domain/email.ts'
import { createWelcome } from '../domain/notification.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { queues } from './queues.ts'
import { tell } from './tell.ts'

/** Welcomes a new user, and keeps where to write to them. */
export const startOnUserRegistered = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserRegistered,
    handle: async (manager, event) => {
      const { userId, name, email } = event.data
      if (email !== undefined) await keepRecipient(manager, { userId, name, email, version: event.version })
      await tell(manager, createWelcome(event, event.data), createWelcomeEmail(event, userId))
    },
  })
