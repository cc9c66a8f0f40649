import { randomBytes } from 'node:crypto'
import {
  createIdentityKeys,
  createIdentitySigner,
  type IdentitySigner,
  identityKey,
} from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { type DatabaseServer, startDatabaseServer } from '../../testbed/database-server.ts'
import { createPaymentFaults, type PaymentFaults } from '../../testbed/payment-faults.ts'
import { freePorts } from '../../testbed/ports.ts'
import { openRunDirectory } from '../../testbed/run-directory.ts'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'
import { type Ports, type Service, type Services, type Settings, startServices } from './services.ts'

/** The system under fire: its processes, its database server, its payment provider, and what it takes to ask it. */
export type System = {
  readonly services: Services
  readonly database: DatabaseServer
  readonly payments: PaymentFaults
  readonly urlOf: (service: Service) => string
  /** Where the mailbox shows what has been sent. */
  readonly mailboxUrl: string
  /** The key with which a subgraph is asked directly. */
  readonly gateway: IdentitySigner
  /** A customer's token for the gateways, good for an hour. */
  readonly accessToken: (userId: string) => Promise<string>
}

/** What a system is made of. */
export type SystemOptions = {
  readonly services: readonly Service[]
  readonly broker: { readonly url: string; readonly namespace?: string }
  /** Gets a file of each process's output. */
  readonly logFolder?: string | undefined
}

const tokenLifetimeSeconds = 3_600
const socketsPerAddress = 10_000

/** Starts the system on a PostgreSQL of its own; stopping it leaves nothing behind. */
export const startSystem = ({ services, broker, logFolder }: SystemOptions): Promise<System & Running> =>
  startAll(async use => {
    const home = use(await openRunDirectory())
    const [databasePort = 0, smtpPort = 0, ...servicePorts] = await freePorts(14)
    const ports = portsFrom(servicePorts)
    const database = use(await startDatabaseServer(home, databasePort))
    const tokens = use(await startTokenIssuer())

    const identity = await createIdentityKeys(['gateway', 'orders'])
    const apiKey = `sk_test_${randomBytes(12).toString('hex')}`
    const originOf = (service: Service) => `http://127.0.0.1:${ports[service]}`
    const urlOf = (service: Service) => `${originOf(service)}/graphql`
    const process = {
      LOG_LEVEL: 'warn',
      RABBITMQ_URL: broker.url,
      ...(broker.namespace === undefined ? {} : { RABBITMQ_NAMESPACE: broker.namespace }),
    }
    const subgraph = { ...process, IDENTITY_ISSUERS: identity.issuers }
    const orders = {
      ...subgraph,
      DATABASE_URL: database.urls.orders,
      IDENTITY_KEY: identity.keys.orders ?? '',
      STRIPE_API_KEY: apiKey,
      STRIPE_API_URL: originOf('payment-simulator'),
    }
    const products = { ...subgraph, DATABASE_URL: database.urls.products }
    const notifications = {
      ...subgraph,
      DATABASE_URL: database.urls.notifications,
      SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
      MAIL_FROM: 'Shop <shop@example.com>',
      SHOP_URL: 'http://127.0.0.1:3000',
    }
    const gateway = {
      ...process,
      IDENTITY_KEY: identity.keys.gateway ?? '',
      JWKS_URL: tokens.jwksUrl,
      SOCKETS_PER_ADDRESS: String(socketsPerAddress),
      USERS_URL: urlOf('users'),
      PRODUCTS_URL: urlOf('products-1'),
      ANALYTICS_URL: urlOf('analytics'),
    }
    const settings: Readonly<Record<Service, Settings>> = {
      mailbox: {
        LOG_LEVEL: 'warn',
        MAILBOX_PORT: String(ports.mailbox),
        MAILBOX_SMTP_PORT: String(smtpPort),
        MAILBOX_DIR: home.mailDirectory,
      },
      users: { ...subgraph, DATABASE_URL: database.urls.users },
      'products-1': products,
      'products-2': products,
      'orders-1': { ...orders, PRODUCTS_URL: urlOf('products-1') },
      'orders-2': {
        ...orders,
        PRODUCTS_URL: urlOf(services.includes('products-2') ? 'products-2' : 'products-1'),
      },
      'notifications-1': notifications,
      'notifications-2': notifications,
      analytics: { ...subgraph, DATABASE_URL: database.urls.analytics },
      'gateway-1': {
        ...gateway,
        ORDERS_URL: urlOf('orders-1'),
        NOTIFICATIONS_URL: urlOf('notifications-1'),
      },
      'gateway-2': {
        ...gateway,
        ORDERS_URL: urlOf('orders-2'),
        NOTIFICATIONS_URL: urlOf('notifications-2'),
      },
      'payment-simulator': {
        LOG_LEVEL: 'warn',
        DATABASE_URL: database.urls.paymentSimulator,
        STRIPE_API_KEY: apiKey,
      },
    }
    return {
      services: use(await startServices(service => settings[service], { services, ports, logFolder })),
      database,
      payments: createPaymentFaults(originOf('payment-simulator'), apiKey),
      urlOf,
      mailboxUrl: originOf('mailbox'),
      gateway: createIdentitySigner('gateway', identityKey.parse(identity.keys.gateway)),
      accessToken: userId => tokens.customer(userId, { lifetimeSeconds: tokenLifetimeSeconds }),
    }
  })

const portsFrom = (free: readonly number[]): Ports => {
  const take = (index: number) => free[index] ?? 0
  return {
    users: take(0),
    'products-1': take(1),
    'products-2': take(2),
    'payment-simulator': take(3),
    'orders-1': take(4),
    'orders-2': take(5),
    'notifications-1': take(6),
    'notifications-2': take(7),
    'gateway-1': take(8),
    'gateway-2': take(9),
    analytics: take(10),
    mailbox: take(11),
  }
}
