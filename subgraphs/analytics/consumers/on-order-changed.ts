import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { queues } from '@supergraph/schema/events/queues.ts'
import type { ConsumerDependencies } from './dependencies.ts'
import { recordOrderEvents } from './order-events.ts'

/** Counts what orders sell and take back. */
export const startOnOrderChanged = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.analyticsOnOrderChanged,
    handle: (manager, event) => recordOrderEvents(manager, event.data.orderId, [event]),
  })
