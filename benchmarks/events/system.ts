import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import { createTestNamespace } from '@supergraph/messaging/tests/test-namespace.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import type { DataSource } from 'typeorm'
import { consumerQueues } from '../../queues.ts'
import { startDatabaseServer } from '../../testbed/database-server.ts'
import { freePorts } from '../../testbed/ports.ts'
import { openRunDirectory } from '../../testbed/run-directory.ts'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'
import { waitUntil } from '../../testbed/waiting.ts'

/** A program of the system, as a process of its own. */
export type Program = Running & {
  /** Bytes of memory that it has. */
  readonly residentBytes: () => Promise<number>
}

/** What the benchmark measures with: a durable PostgreSQL, a namespace of the broker, a publisher and a consumer. */
export type Ground = {
  readonly brokerUrl: string
  readonly namespace: string
  readonly publisher: { readonly dataSource: DataSource; readonly databaseUrl: string }
  readonly consumer: DataSource
  readonly transport: Transport
  readonly startSockets: () => Promise<Sockets & Running>
}

/** A notification worker and the gateway in front of it. */
export type Sockets = {
  readonly url: string
  readonly worker: Program
  readonly gateway: Program
  readonly accessToken: (userId: string) => Promise<string>
  /** A product whose stock is known, so that whoever watches it is told at once. */
  readonly productId: string
}

const root = join(import.meta.dirname, '..', '..')
const benchQueue = 'bench.on-measured'
const tokenLifetimeSeconds = 3_600
const socketsPerAddress = 10_000
const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** Starts everything but the processes; stopping it leaves nothing behind. */
export const startGround = (brokerUrl: string): Promise<Ground & Running> =>
  startAll(async use => {
    const home = use(await openRunDirectory())
    const [databasePort = 0, workerPort = 0, gatewayPort = 0] = await freePorts(3)
    const database = use(await startDatabaseServer(home, databasePort))
    const queues = [benchQueue, ...consumerQueues.map(({ queue }) => queue)]
    const { namespace, drop } = createTestNamespace(brokerUrl, queues)
    use({ stop: drop })
    const open = async (service: 'users' | 'orders') => {
      const url = database.urls[service]
      const dataSource = await openDatabase({ service, url, tables: [], migrations: messagingMigrations })
      use({ stop: () => dataSource.destroy() })
      return dataSource
    }
    return {
      brokerUrl,
      namespace,
      publisher: { dataSource: await open('users'), databaseUrl: database.urls.users },
      consumer: await open('orders'),
      transport: use(await connectRabbitMq({ url: brokerUrl, namespace, logger: silent })),
      startSockets: () =>
        startSockets({
          environment: { LOG_LEVEL: 'warn', RABBITMQ_URL: brokerUrl, RABBITMQ_NAMESPACE: namespace },
          databaseUrl: database.urls.notifications,
          query: sql => database.query('notifications', sql),
          ports: { worker: workerPort, gateway: gatewayPort },
        }),
    }
  })

/** The queue of `Ground`'s consumer. */
export { benchQueue }

const startSockets = ({
  environment,
  databaseUrl,
  query,
  ports,
}: {
  readonly environment: Readonly<Record<string, string>>
  readonly databaseUrl: string
  readonly query: (sql: string) => Promise<readonly { readonly id: string }[]>
  readonly ports: { readonly worker: number; readonly gateway: number }
}): Promise<Sockets & Running> =>
  startAll(async use => {
    const tokens = use(await startTokenIssuer())
    const identity = await createIdentityKeys(['gateway'])
    const worker = use(
      await startProgram('subgraphs/notifications/main.ts', {
        ...environment,
        PORT: String(ports.worker),
        DATABASE_URL: databaseUrl,
        IDENTITY_ISSUERS: identity.issuers,
      }),
    )
    const gateway = use(
      await startProgram('gateway/main.ts', {
        ...environment,
        PORT: String(ports.gateway),
        IDENTITY_KEY: identity.keys.gateway ?? '',
        JWKS_URL: tokens.jwksUrl,
        NOTIFICATIONS_URL: `http://127.0.0.1:${ports.worker}/graphql`,
        SOCKETS_PER_ADDRESS: String(socketsPerAddress),
      }),
    )
    const [product] = await query(
      `insert into product_stock (product_id, available, version, occurred_at)
       values (gen_random_uuid(), 1, 1, now()) returning product_id as id`,
    )
    return {
      url: `ws://127.0.0.1:${ports.gateway}/graphql`,
      worker,
      gateway,
      accessToken: userId => tokens.customer(userId, { lifetimeSeconds: tokenLifetimeSeconds }),
      productId: product?.id ?? '',
    }
  })

const startProgram = async (
  program: string,
  environment: Readonly<Record<string, string>>,
): Promise<Program> => {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [program], {
    cwd: root,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const health = `http://127.0.0.1:${environment.PORT}/health`
  await waitUntil(`${program} is healthy`, async () => (await fetch(health)).ok, { timeoutMs: 60_000 })
  return {
    residentBytes: () => residentBytes(child),
    stop: async () => {
      process.off('exit', kill)
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

const run = promisify(execFile)

const residentBytes = async ({ pid }: ChildProcess): Promise<number> =>
  Number((await run('ps', ['-o', 'rss=', '-p', String(pid)])).stdout) * 1_024
