import { startConsumer } from '@supergraph/messaging/consumer.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { recordOrderEvents } from './order-events.ts'
import { queues } from './queues.ts'

/** Counts what orders sell and take back. */
export const startOnOrderChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onOrderChanged,
    handle: (manager, event) => recordOrderEvents(manager, event.data.orderId, [event]),
  })
