import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { storeRecipients } from '../database/recipient-store.ts'
import { queues } from './queues.ts'

/** Stores the current e-mail address and name of a user. */
export const startOnUserUpdated = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserUpdated,
    handle: (manager, events) =>
      storeRecipients(
        manager,
        events.map(({ version, data }) => ({ ...data, version })),
      ),
  })
