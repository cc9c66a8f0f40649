import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { addEmails } from '../database/email-store.ts'
import { createTotpEmail } from '../domain/email.ts'
import { queues } from './queues.ts'

/** Writes to whoever's second factor was changed, who may not have wished it. */
export const startOnUserTotpChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserTotpChanged,
    handle: (manager, events) =>
      addEmails(
        manager,
        events.map(event => ({ ...createTotpEmail(event, event.data), traceparent: event.traceparent })),
      ),
  })
