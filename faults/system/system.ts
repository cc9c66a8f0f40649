import { randomBytes } from 'node:crypto'
import { createTestNamespace } from '@supergraph/messaging/testing.ts'
import {
  createIdentityKeys,
  createIdentitySigner,
  type IdentitySigner,
  identityKey,
} from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { freePorts } from '../../e2e/processes.ts'
import { type DatabaseServer, startDatabaseServer } from './database-server.ts'
import { openHome } from './home.ts'
import { createPaymentFaults, type PaymentFaults } from './payment-faults.ts'
import { type Ports, type Service, type Services, type Settings, startServices } from './services.ts'

/** The system under fire: its processes, its database server, its payment provider, and the gateway's key to ask it. */
export type System = {
  readonly services: Services
  readonly database: DatabaseServer
  readonly payments: PaymentFaults
  readonly urlOf: (service: Service) => string
  readonly gateway: IdentitySigner
}

/** Starts the system on a PostgreSQL and a broker namespace of its own; stopping it leaves nothing behind. */
export const startSystem = (options: {
  readonly brokerUrl: string
  /** Gets a file of each process's output. */
  readonly logFolder?: string | undefined
}): Promise<System & Running> =>
  startAll(async use => {
    const { brokerUrl, logFolder } = options
    const home = use(await openHome())
    const [databasePort = 0, ...servicePorts] = await freePorts(8)
    const ports = portsFrom(servicePorts)
    const database = use(await startDatabaseServer(home, databasePort))
    const broker = createTestNamespace(brokerUrl, consumerQueues)
    use({ stop: broker.drop })

    const identity = await createIdentityKeys(['gateway', 'orders'])
    const apiKey = `sk_test_${randomBytes(12).toString('hex')}`
    const originOf = (service: Service) => `http://127.0.0.1:${ports[service]}`
    const urlOf = (service: Service) => `${originOf(service)}/graphql`
    const subgraph = {
      LOG_LEVEL: 'warn',
      RABBITMQ_URL: brokerUrl,
      RABBITMQ_NAMESPACE: broker.namespace,
      IDENTITY_ISSUERS: identity.issuers,
    }
    const orders = {
      ...subgraph,
      DATABASE_URL: database.urls.orders,
      IDENTITY_KEY: identity.keys.orders ?? '',
      STRIPE_API_KEY: apiKey,
      STRIPE_API_URL: originOf('payment-simulator'),
    }
    const products = { ...subgraph, DATABASE_URL: database.urls.products }
    const settings: Readonly<Record<Service, Settings>> = {
      users: { ...subgraph, DATABASE_URL: database.urls.users },
      'products-1': products,
      'products-2': products,
      'orders-1': { ...orders, PRODUCTS_URL: urlOf('products-1') },
      'orders-2': { ...orders, PRODUCTS_URL: urlOf('products-2') },
      notifications: { ...subgraph, DATABASE_URL: database.urls.notifications },
      'payment-simulator': {
        LOG_LEVEL: 'warn',
        DATABASE_URL: database.urls.paymentSimulator,
        STRIPE_API_KEY: apiKey,
      },
    }
    return {
      services: use(await startServices(service => settings[service], { ports, logFolder })),
      database,
      payments: createPaymentFaults(originOf('payment-simulator'), apiKey),
      urlOf,
      gateway: createIdentitySigner('gateway', identityKey.parse(identity.keys.gateway)),
    }
  })

const consumerQueues = ['order-changed', 'product-stock-changed', 'user-registered'].map(
  event => `notifications.on-${event}`,
)

const portsFrom = (free: readonly number[]): Ports => {
  const [users = 0, products1 = 0, products2 = 0, payments = 0, orders1 = 0, orders2 = 0, notifications = 0] =
    free
  return {
    users,
    'products-1': products1,
    'products-2': products2,
    'payment-simulator': payments,
    'orders-1': orders1,
    'orders-2': orders2,
    notifications,
  }
}
