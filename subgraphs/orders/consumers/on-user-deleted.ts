import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { forgetCustomer, noteDeleted } from '../database/deleted-customers.ts'
import { queues } from './queues.ts'

/** Replaces what orders hold of somebody whose account was deleted; orders that are under way follow when they are not any more. */
export const startOnUserDeleted = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onUserDeleted,
    handle: async (manager, events) => {
      for (const { data } of events) {
        await noteDeleted(manager, data.userId)
        await forgetCustomer(manager, data.userId)
      }
    },
  })
