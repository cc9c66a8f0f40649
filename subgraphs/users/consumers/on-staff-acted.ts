import { type ConsumerDependencies, startConsumer } from '@supergraph/messaging/consumer.ts'
import { recordActs } from '../database/audit-store.ts'
import { queues } from './queues.ts'

/** Writes what staff has done in other services into the audit log. */
export const startOnStaffActed = (dependencies: ConsumerDependencies) =>
  startConsumer({
    ...dependencies,
    ...queues.onStaffActed,
    handle: (manager, events) =>
      recordActs(
        manager,
        events.map(({ id, time, data }) => ({ ...data, eventId: id, at: new Date(time) })),
      ),
  })
