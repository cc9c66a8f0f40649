import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { addDeletionEmails } from '../database/email-store.ts'
import { createDeletionEmail } from '../domain/email.ts'
import { queues } from './queues.ts'

/** Writes to whoever's account is to be deleted, who may not have wished it. */
export const startOnUserDeletionRequested = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserDeletionRequested,
    handle: (manager, events) =>
      addDeletionEmails(
        manager,
        events.map(event => ({ ...createDeletionEmail(event, event.data), traceparent: event.traceparent })),
      ),
  })
