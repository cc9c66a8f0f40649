import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { addEmails } from '../database/email-store.ts'
import { createPasswordResetEmail } from '../domain/email.ts'
import { queues } from './queues.ts'

/** Writes to whoever has forgotten a password. n.b. in the app nobody is told, since whoever could read it is signed in */
export const startOnUserPasswordResetRequested = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserPasswordResetRequested,
    handle: (manager, events) =>
      addEmails(
        manager,
        events.map(event => ({
          ...createPasswordResetEmail(event, event.data),
          traceparent: event.traceparent,
        })),
      ),
  })
