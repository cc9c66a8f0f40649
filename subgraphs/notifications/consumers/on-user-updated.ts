import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { storeRecipient } from '../database/recipient-store.ts'
import { queues } from './queues.ts'

/** Stores the current e-mail address and name of a user. */
export const startOnUserUpdated = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserUpdated,
    handle: (manager, { version, data }) => storeRecipient(manager, { ...data, version }),
  })
