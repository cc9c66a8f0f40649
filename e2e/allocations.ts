import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokerUrl, createTestNamespace } from '@supergraph/messaging/testing.ts'
import { createTestDatabase } from '@supergraph/postgres/testing.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity.ts'
import { vi } from 'vitest'
import { embeddedDatabaseUrl, readSecrets } from '../embedded/data-directory.ts'
import { freePorts, startProcess, type TestProcess } from './processes.ts'

/** The whole system, allocated to one process or to many. */
export type Allocation = {
  /** The gateway's GraphQL URL. */
  readonly url: string
  /** A subgraph's own GraphQL URL, which clients are not meant to have. */
  readonly subgraphUrl: (service: Subgraph) => string
  /** The private keys that sign identity tokens, as the settings have them. */
  readonly identityKeys: { readonly gateway: string; readonly orders: string }
  /** The database of users, where the keys lie that sign access tokens. */
  readonly usersDatabaseUrl: string
  readonly stop: () => Promise<void>
}

export const demoPassword = 'a password for the demo'

const services = ['users', 'products', 'orders', 'notifications'] as const

export type Subgraph = (typeof services)[number]

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
  const { identityKeys } = await readSecrets(directory)
  const ports = {
    users: variables.USERS_PORT,
    products: variables.PRODUCTS_PORT,
    orders: variables.ORDERS_PORT,
    notifications: variables.NOTIFICATIONS_PORT,
  }
  return {
    url: `http://127.0.0.1:${variables.PORT}/graphql`,
    subgraphUrl: service => `http://127.0.0.1:${ports[service]}/graphql`,
    identityKeys,
    usersDatabaseUrl: (await embeddedDatabaseUrl(directory, 'USERS')) ?? '',
    stop: async () => {
      await supergraph.end('SIGTERM')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** What `npm start` must be told to run beside others: a data folder and free ports. */
export const embeddedVariables = async (directory: string) => {
  const [gateway, users, products, orders, notifications] = await freePorts(5)
  return {
    DATA_DIR: directory,
    PORT: String(gateway),
    USERS_PORT: String(users),
    PRODUCTS_PORT: String(products),
    ORDERS_PORT: String(orders),
    NOTIFICATIONS_PORT: String(notifications),
  }
}

/** A system of one process per service; each can be ended and started again. */
export type ProcessPerService = Allocation & {
  readonly end: (service: Service, signal: NodeJS.Signals) => Promise<void>
  readonly start: (service: Service) => Promise<void>
}

export type Service = Subgraph | 'gateway'

/** Starts every service as a process of its own, on a database each and RabbitMQ at `brokerUrl`. */
export const startProcessPerService = async (brokerUrl: string): Promise<ProcessPerService> => {
  const broker = createTestNamespace(
    brokerUrl,
    ['order-changed', 'product-stock-changed', 'user-registered'].map(event => `notifications.on-${event}`),
  )
  const identity = await createIdentityKeys(['gateway', 'orders'])
  const identityKeys = { gateway: identity.keys.gateway ?? '', orders: identity.keys.orders ?? '' }
  const ports = await portOfEach()
  const databases = await databaseOfEach()
  const running = new Map<Service, TestProcess>()
  const urlOf = (service: Service) => `http://127.0.0.1:${ports[service]}/graphql`

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
        }
      case 'orders':
        return {
          ...common(service),
          IDENTITY_KEY: identityKeys.orders,
          PRODUCTS_URL: urlOf('products'),
        }
      default:
        return common(service)
    }
  }

  const start = async (service: Service): Promise<void> => {
    const program = service === 'gateway' ? 'gateway/main.ts' : `subgraphs/${service}/main.ts`
    const started = startProcess([program], { ...variablesOf(service), PORT: String(ports[service]) })
    running.set(service, started)
    const health = new URL('/health', urlOf(service))
    await Promise.race([
      started.exited.then(() => Promise.reject(new Error(`${service} ended:\n${started.output()}`))),
      vi.waitFor(async () => (await fetch(health)).ok || Promise.reject(new Error('not healthy')), {
        timeout: 30_000,
        interval: 50,
      }),
    ])
  }
  const end = async (service: Service, signal: NodeJS.Signals): Promise<void> => {
    await running.get(service)?.end(signal)
    running.delete(service)
  }

  await Promise.all(services.map(start))
  await start('gateway')
  return {
    url: urlOf('gateway'),
    subgraphUrl: urlOf,
    identityKeys,
    usersDatabaseUrl: databases.users.url,
    start,
    end,
    stop: async () => {
      await Promise.all([...running.keys()].map(service => end(service, 'SIGTERM')))
      await Promise.all(services.map(service => databases[service].drop()))
      await broker.drop()
    },
  }
}

const portOfEach = async (): Promise<Readonly<Record<Service, number>>> => {
  const [gateway = 0, users = 0, products = 0, orders = 0, notifications = 0] = await freePorts(5)
  return { gateway, users, products, orders, notifications }
}

const databaseOfEach = async () => ({
  users: await createTestDatabase(),
  products: await createTestDatabase(),
  orders: await createTestDatabase(),
  notifications: await createTestDatabase(),
})
