import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokerUrl, createTestNamespace } from '@supergraph/messaging/tests/test-namespace.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity.ts'
import { vi } from 'vitest'
import { embeddedDatabaseUrl, readSecrets } from '../embedded/data-directory.ts'
import { consumerQueues } from '../queues.ts'
import { freePorts } from '../testbed/ports.ts'
import { startProcess, type TestProcess } from '../testbed/processes.ts'

/** The whole system, allocated to one process or to many. */
export type Allocation = {
  /** The gateway's GraphQL URL. */
  readonly url: string
  /** A subgraph's own GraphQL URL, which clients are not meant to have. */
  readonly subgraphUrl: (service: Subgraph) => string
  /** The private keys that sign identity tokens, as the settings have them. */
  readonly identityKeys: { readonly gateway: string; readonly orders: string }
  /** Stripe's API, simulated, and the key that it takes. */
  readonly payments: { readonly url: string; readonly apiKey: string }
  /** The page of the mailbox that gets the e-mail. */
  readonly mailboxUrl: string
  /** The database of each service that has one. */
  readonly databaseUrls: Readonly<Record<Stateful, string>>
  readonly stop: () => Promise<void>
}

export const demoPassword = 'a password for the demo'

const subgraphs = ['users', 'products', 'orders', 'notifications', 'analytics'] as const

export type Subgraph = (typeof subgraphs)[number]

type Stateful = Subgraph | 'paymentSimulator'

/** Both ways to run the system, for suites that hold in either; the second one only where there is a broker. */
export const allocations = () => {
  const broker = brokerUrl()
  return [
    { allocation: 'in one process', start: startOneProcess, isRunnable: true },
    {
      allocation: 'with a process per service on RabbitMQ',
      start: (): Promise<Allocation> => startProcessPerService(broker ?? ''),
      isRunnable: broker !== undefined,
    },
  ] as const
}

/** Starts everything in one process, embedded, as `npm start` does, on a data folder of its own. */
export const startOneProcess = async (): Promise<Allocation> => {
  const directory = await mkdtemp(join(tmpdir(), 'supergraph-e2e-'))
  const variables = { ...(await embeddedVariables(directory)), DEMO_PASSWORD: demoPassword }
  const supergraph = startProcess(['start.ts'], variables)
  await supergraph.waitFor(/Ctrl-C/)
  const { identityKeys, paymentSimulatorKey } = await readSecrets(directory)
  const ports = {
    users: variables.USERS_PORT,
    products: variables.PRODUCTS_PORT,
    orders: variables.ORDERS_PORT,
    notifications: variables.NOTIFICATIONS_PORT,
    analytics: variables.ANALYTICS_PORT,
  }
  return {
    url: `http://127.0.0.1:${variables.PORT}/graphql`,
    subgraphUrl: service => `http://127.0.0.1:${ports[service]}/graphql`,
    identityKeys,
    payments: { url: `http://127.0.0.1:${variables.PAYMENT_SIMULATOR_PORT}`, apiKey: paymentSimulatorKey },
    mailboxUrl: `http://127.0.0.1:${variables.MAILBOX_PORT}`,
    databaseUrls: await embeddedDatabaseUrls(directory),
    stop: async () => {
      await supergraph.end('SIGTERM')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const embeddedDatabaseUrls = async (directory: string): Promise<Allocation['databaseUrls']> => ({
  users: (await embeddedDatabaseUrl(directory, 'users')) ?? '',
  products: (await embeddedDatabaseUrl(directory, 'products')) ?? '',
  orders: (await embeddedDatabaseUrl(directory, 'orders')) ?? '',
  notifications: (await embeddedDatabaseUrl(directory, 'notifications')) ?? '',
  analytics: (await embeddedDatabaseUrl(directory, 'analytics')) ?? '',
  paymentSimulator: (await embeddedDatabaseUrl(directory, 'payment-simulator')) ?? '',
})

/** What `npm start` must be told to run beside others: a data folder and free ports. */
export const embeddedVariables = async (directory: string) => {
  const [gateway, users, products, orders, notifications, analytics, ...others] = await freePorts(9)
  const [paymentSimulator, mailbox, smtp] = others
  return {
    DATA_DIR: directory,
    PORT: String(gateway),
    USERS_PORT: String(users),
    PRODUCTS_PORT: String(products),
    ORDERS_PORT: String(orders),
    NOTIFICATIONS_PORT: String(notifications),
    ANALYTICS_PORT: String(analytics),
    PAYMENT_SIMULATOR_PORT: String(paymentSimulator),
    MAILBOX_PORT: String(mailbox),
    MAILBOX_SMTP_PORT: String(smtp),
  }
}

/** A system of one process per service; each can be ended and started again. */
export type ProcessPerService = Allocation & {
  readonly end: (service: Service, signal: NodeJS.Signals) => Promise<void>
  readonly start: (service: Service) => Promise<void>
}

export type Service = Stateful | 'gateway' | 'mailbox'

/** Starts every service as a process of its own, on a database each and RabbitMQ at `brokerUrl`. */
export const startProcessPerService = async (brokerUrl: string): Promise<ProcessPerService> => {
  const broker = createTestNamespace(
    brokerUrl,
    consumerQueues.map(({ queue }) => queue),
  )
  const identity = await createIdentityKeys(['gateway', 'orders'])
  const identityKeys = { gateway: identity.keys.gateway ?? '', orders: identity.keys.orders ?? '' }
  const apiKey = `sk_test_${crypto.randomUUID().replaceAll('-', '')}`
  const ports = await portOfEach()
  const [smtpPort = 0] = await freePorts(1)
  const databases = await databaseOfEach()
  const running = new Map<Service, TestProcess>()
  const originOf = (service: Service) => `http://127.0.0.1:${ports[service]}`
  const urlOf = (service: Service) => `${originOf(service)}/graphql`

  const common = (service: Subgraph) => ({
    DATABASE_URL: databases[service].url,
    RABBITMQ_URL: brokerUrl,
    RABBITMQ_NAMESPACE: broker.namespace,
    IDENTITY_ISSUERS: identity.issuers,
    DEMO_DATA: 'true',
    DEMO_PASSWORD: demoPassword,
  })
  const variablesOf = (service: Service): Readonly<Record<string, string>> => {
    switch (service) {
      case 'gateway':
        return {
          IDENTITY_KEY: identityKeys.gateway,
          RABBITMQ_URL: brokerUrl,
          RABBITMQ_NAMESPACE: broker.namespace,
          JWKS_URL: new URL('/.well-known/jwks.json', urlOf('users')).href,
          USERS_URL: urlOf('users'),
          PRODUCTS_URL: urlOf('products'),
          ORDERS_URL: urlOf('orders'),
          NOTIFICATIONS_URL: urlOf('notifications'),
          ANALYTICS_URL: urlOf('analytics'),
        }
      case 'orders':
        return {
          ...common(service),
          IDENTITY_KEY: identityKeys.orders,
          PRODUCTS_URL: urlOf('products'),
          STRIPE_API_URL: originOf('paymentSimulator'),
          STRIPE_API_KEY: apiKey,
        }
      case 'notifications':
        return { ...common(service), SMTP_URL: `smtp://127.0.0.1:${smtpPort}` }
      case 'mailbox':
        return { MAILBOX_PORT: String(ports.mailbox), MAILBOX_SMTP_PORT: String(smtpPort) }
      case 'paymentSimulator':
        return { DATABASE_URL: databases[service].url, STRIPE_API_KEY: apiKey, DEMO_DATA: 'true' }
      default:
        return common(service)
    }
  }

  const start = async (service: Service): Promise<void> => {
    const started = startProcess([programOf(service)], {
      ...variablesOf(service),
      PORT: String(ports[service]),
    })
    running.set(service, started)
    const health = new URL('/health', urlOf(service))
    await Promise.race([
      started.exited.then(() => Promise.reject(new Error(`${service} ended:\n${started.output()}`))),
      vi.waitFor(async () => (await fetch(health)).ok || Promise.reject(new Error('not healthy')), {
        timeout: 60_000,
        interval: 50,
      }),
    ])
  }
  const end = async (service: Service, signal: NodeJS.Signals): Promise<void> => {
    await running.get(service)?.end(signal)
    running.delete(service)
  }

  await Promise.all([start('paymentSimulator'), start('mailbox')])
  await Promise.all(subgraphs.map(start))
  await start('gateway')
  return {
    url: urlOf('gateway'),
    subgraphUrl: urlOf,
    identityKeys,
    payments: { url: originOf('paymentSimulator'), apiKey },
    mailboxUrl: originOf('mailbox'),
    databaseUrls: {
      users: databases.users.url,
      products: databases.products.url,
      orders: databases.orders.url,
      notifications: databases.notifications.url,
      analytics: databases.analytics.url,
      paymentSimulator: databases.paymentSimulator.url,
    },
    start,
    end,
    stop: async () => {
      await Promise.all([...running.keys()].map(service => end(service, 'SIGTERM')))
      await Promise.all(Object.values(databases).map(database => database.drop()))
      await broker.drop()
    },
  }
}

const programOf = (service: Service): string => {
  if (service === 'gateway') return 'gateway/main.ts'
  if (service === 'mailbox') return 'stand-ins/mailbox/main.ts'
  return service === 'paymentSimulator'
    ? 'stand-ins/payment-simulator/main.ts'
    : `subgraphs/${service}/main.ts`
}

const portOfEach = async (): Promise<Readonly<Record<Service, number>>> => {
  const [gateway = 0, paymentSimulator = 0, users = 0, products = 0, orders = 0, ...others] =
    await freePorts(8)
  const [notifications = 0, analytics = 0, mailbox = 0] = others
  return { gateway, users, products, orders, notifications, analytics, paymentSimulator, mailbox }
}

const databaseOfEach = async () => ({
  users: await createTestDatabase(),
  products: await createTestDatabase(),
  orders: await createTestDatabase(),
  notifications: await createTestDatabase(),
  analytics: await createTestDatabase(),
  paymentSimulator: await createTestDatabase(),
})
