import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { addEmails } from '../database/email-store.ts'
import { createLinkEmail } from '../domain/email.ts'
import { queues } from './queues.ts'

/** Sends the links that tell whose an e-mail address is. n.b. in the app nobody is told, since it need not be its user's address */
export const startOnUserLinkCreated = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserLinkCreated,
    handle: (manager, events) =>
      addEmails(
        manager,
        events.map(event => ({
          ...createLinkEmail(event, event.data),
          traceparent: event.traceparent,
        })),
      ),
  })
