import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { queues } from '@supergraph/schema/events/queues.ts'
import { keepRecipient } from '../database/recipient-store.ts'
import type { ConsumerDependencies } from './dependencies.ts'

/** Keeps where to write to a user, and under which name. */
export const startOnUserUpdated = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.notificationsOnUserUpdated,
    handle: (manager, { version, data }) => keepRecipient(manager, { ...data, version }),
  })
