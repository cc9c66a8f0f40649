import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { consumerQueues } from '../../queues.ts'
import { type Service, type ServiceName, services } from '../../services.ts'

/** The services that a checkout passes through. */
export const checkoutServices = ['products', 'payment-simulator', 'orders'] as const

// n.b. An event that no queue takes would stay in its outbox, and its relay would try again and again.
const types = consumerQueues.flatMap(({ events }) => events.map(({ type }) => type))

/** Starts a service in this process; its events leave the outbox for a consumer that does nothing. */
export const startService = (name: ServiceName, settings: Variables): Promise<Running> =>
  startAll(async use => {
    const transport = use(createInProcessTransport({ logger: createLogger(name, 'warn') }))
    await transport.consume({
      queue: 'benchmark',
      types,
      prefetch: 10,
      deliver: async () => ({ kind: 'ack' }),
    })
    const { start }: Service = services[name]
    return use(await start(settings, transport))
  })
