import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { CustomerForgotten } from '@supergraph/schema/events/orders.ts'
import { confirmForgotten } from '../database/deletion-store.ts'
import { queues } from './queues.ts'

/** Notes which services have forgotten the people of deleted accounts. */
export const startOnPersonForgotten = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onPersonForgotten,
    handle: async (manager, events) => {
      for (const { type, data } of events) {
        const service = type === CustomerForgotten.type ? 'orders' : 'notifications'
        await confirmForgotten(manager, service, [data.userId])
      }
    },
  })
