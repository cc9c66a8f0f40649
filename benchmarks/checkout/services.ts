import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { readEnvironment as readOrdersEnvironment } from '@supergraph/orders/environment.ts'
import { startOrders } from '@supergraph/orders/server.ts'
import { readEnvironment as readPaymentsEnvironment } from '@supergraph/payment-simulator/environment.ts'
import { startPaymentSimulator } from '@supergraph/payment-simulator/server.ts'
import { readEnvironment as readProductsEnvironment } from '@supergraph/products/environment.ts'
import { startProducts } from '@supergraph/products/server.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { OrderConfirmed, OrderPlaced, OrderRejected } from '@supergraph/schema/events/orders.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'

/** The services that a checkout passes through; each one's database has its name. */
export const services = ['products', 'payments', 'orders'] as const

export type Service = (typeof services)[number]

const types = [OrderPlaced, OrderConfirmed, OrderRejected, ProductStockChanged].map(({ type }) => type)

/** Starts a service in this process, by these settings or the environment's; its events leave the outbox for a consumer that does nothing. */
export const startService = (service: Service, settings?: Variables): Promise<Running> =>
  startAll(async use => {
    const transport = use(createInProcessTransport({ logger: createLogger(service, 'warn') }))
    await transport.consume({
      queue: 'benchmark',
      types,
      concurrency: 10,
      deliver: async () => ({ kind: 'ack' }),
    })
    switch (service) {
      case 'products':
        return use(await startProducts(readProductsEnvironment(settings), transport))
      case 'payments':
        return use(await startPaymentSimulator(readPaymentsEnvironment(settings)))
      case 'orders':
        return use(await startOrders(readOrdersEnvironment(settings), transport))
      default:
        return service satisfies never
    }
  })
