import type { ConsumerQueue } from '@supergraph/messaging/consumer.ts'
import type { EventType } from '@supergraph/messaging/envelope.ts'
import { type Service, type ServiceName, serviceNames, services } from './services.ts'

/** What a service takes from its durable queues, and what each of its processes listens to. */
export type Receiver = {
  readonly service: ServiceName
  readonly queues: readonly ConsumerQueue[]
  readonly listensTo: readonly EventType[]
}

const receiverOf = async (service: ServiceName): Promise<Receiver> => {
  const row: Service = services[service]
  return {
    service,
    queues: Object.values((await row.queues?.())?.queues ?? {}),
    listensTo: (await row.listensTo?.())?.listensTo ?? [],
  }
}

/** Every service that takes events. */
export const receivers: readonly Receiver[] = (await Promise.all(serviceNames.map(receiverOf))).filter(
  ({ queues, listensTo }) => queues.length + listensTo.length > 0,
)

/** All durable queues. */
export const consumerQueues: readonly ConsumerQueue[] = receivers.flatMap(({ queues }) => queues)

/**
 * The queues of consumers that earlier releases had. `npm run events -- queues` reports those that still stand on a broker, where
 * they stay bound and fill for ever.
 */
export const formerQueues: readonly string[] = []
