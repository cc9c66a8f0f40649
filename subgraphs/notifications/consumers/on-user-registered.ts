import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { UserRegistered } from '@supergraph/schema/events/users.ts'
import { addNotification } from '../database/notification-store.ts'
import { createWelcome } from '../domain/notification.ts'
import type { ConsumerDependencies } from './dependencies.ts'

/** Welcomes a new user. */
export const startOnUserRegistered = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    queue: 'notifications.on-user-registered',
    event: UserRegistered,
    handle: (manager, event) => addNotification(manager, createWelcome(event, event.data)),
  })
