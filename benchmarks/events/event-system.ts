import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { type Database, openDatabase } from '@supergraph/postgres/data-source.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { announcing } from '../../subgraphs/notifications/database/announcements.ts'
import { createBrokerNamespace } from '../../testbed/broker.ts'
import { type DatabaseServer, startDatabaseServer } from '../../testbed/database-server.ts'
import { freePorts } from '../../testbed/ports.ts'
import { openRunDirectory } from '../../testbed/run-directory.ts'
import { type ProcessSystem, startSystem } from '../../testbed/system/system.ts'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'

/** A durable PostgreSQL, a namespace of the broker, a publisher and a consumer. */
export type EventSystem = {
  readonly brokerUrl: string
  readonly namespace: string
  readonly publisher: { readonly database: Database; readonly databaseUrl: string }
  readonly consumer: Database
  readonly transport: Transport
  readonly startSockets: () => Promise<Sockets & Running>
}

/** A notification worker and the gateway in front of it. */
export type Sockets = {
  readonly url: string
  readonly residentBytes: ProcessSystem['processes']['residentBytes']
  readonly accessToken: (userId: string) => Promise<string>
  /** A product whose stock is known, so that a subscriber to it gets an event at once. */
  readonly productId: string
  /** Stores a newer stock of the product, and wakes its subscribers. */
  readonly changeStock: () => Promise<void>
}

/** The queue of the consumer. */
export const benchQueue = 'bench.on-measured'

const tokenLifetimeSeconds = 3_600
// n.b. V8 takes as much for new objects in the containers of deploy/kubernetes, by their 2 GiB. On a larger machine it takes
// twice as much, which a process holds after each burst, whoever waits.
const asInContainer = '--max-semi-space-size=32'
const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** Starts everything but the processes; stopping it leaves nothing behind. */
export const startEventSystem = (brokerUrl: string): Promise<EventSystem & Running> =>
  startAll(async use => {
    const directory = use(await openRunDirectory())
    const [databasePort = 0] = await freePorts(1)
    const database = use(await startDatabaseServer(directory, databasePort))
    const broker = use(createBrokerNamespace(brokerUrl, [benchQueue]))
    const namespace = broker.settings.RABBITMQ_NAMESPACE
    const open = async (service: 'users' | 'orders') => {
      const url = database.urls[service]
      return use(await openDatabase({ service, url, tables: [], migrations: messagingMigrations }))
    }
    return {
      brokerUrl,
      namespace,
      publisher: { database: await open('users'), databaseUrl: database.urls.users },
      consumer: await open('orders'),
      transport: use(await connectRabbitMq({ url: brokerUrl, namespace, logger: silent })),
      startSockets: () => startSockets(database, broker.settings),
    }
  })

const startSockets = (
  database: DatabaseServer,
  broker: Readonly<Record<string, string>>,
): Promise<Sockets & Running> =>
  startAll(async use => {
    const tokens = use(await startTokenIssuer())
    const system = use(
      await startSystem({
        processNames: ['notifications', 'gateway'],
        databaseUrls: database.urls,
        settings: service => ({
          ...broker,
          LOG_LEVEL: 'warn',
          NODE_OPTIONS: asInContainer,
          ...(service === 'gateway' && { JWKS_URL: tokens.jwksUrl, SOCKETS_PER_ADDRESS: '20000' }),
        }),
      }),
    )
    const [product] = await database.query<{ id: string }>(
      'notifications',
      `insert into product_stock (product_id, available, version, occurred_at)
       values (gen_random_uuid(), 1, 1, now()) returning product_id as id`,
    )
    return {
      url: system.urlOf('gateway'),
      residentBytes: system.processes.residentBytes,
      accessToken: userId => tokens.customer(userId, { lifetimeSeconds: tokenLifetimeSeconds }),
      productId: product?.id ?? '',
      changeStock: async () => {
        await database.query(
          'notifications',
          `with changed as (
             update product_stock set available = available + 1, version = version + 1
             where product_id = $1 returning product_id, version)
           select ${announcing('product', 'product_id', { row: 'version', traceparent: 'null' })} from changed`,
          [product?.id],
        )
      },
    }
  })
