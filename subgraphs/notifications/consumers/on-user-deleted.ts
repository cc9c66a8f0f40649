import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { forgetUsers } from '../database/deleted-user-store.ts'
import { createDeletedEmail } from '../domain/email.ts'
import { queues } from './queues.ts'

/** Forgets whoever's account was deleted, after a last e-mail that says so. */
export const startOnUserDeleted = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserDeleted,
    handle: (manager, events) =>
      forgetUsers(
        manager,
        events.map(event => ({ ...createDeletedEmail(event, event.data), traceparent: event.traceparent })),
      ),
  })
