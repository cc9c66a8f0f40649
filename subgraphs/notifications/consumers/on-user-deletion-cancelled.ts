import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { addDeletionEmails } from '../database/email-store.ts'
import { createKeptEmail } from '../domain/email.ts'
import { queues } from './queues.ts'

/** Writes to whoever's account will not be deleted after all, who may not have wished that either. */
export const startOnUserDeletionCancelled = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserDeletionCancelled,
    handle: (manager, events) =>
      addDeletionEmails(
        manager,
        events.map(event => ({ ...createKeptEmail(event, event.data), traceparent: event.traceparent })),
      ),
  })
