import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { keepRecipient } from '../database/recipient-store.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { queues } from './queues.ts'

/** Keeps where to write to a user, and under which name. */
export const startOnUserUpdated = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserUpdated,
    handle: (manager, { version, data }) => keepRecipient(manager, { ...data, version }),
  })
