import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import {
  createIdentityKeys,
  createIdentitySigner,
  type IdentitySigner,
  identityKey,
} from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { Client, escapeIdentifier } from 'pg'
import { freePorts } from '../../testbed/ports.ts'
import { startProcess } from '../../testbed/processes.ts'
import { openRunDirectory } from '../../testbed/run-directory.ts'
import { type Service, services, startService } from './services.ts'

/** A durable PostgreSQL of its own with a database per service, and the services on it whenever they are wanted. */
export type Stage = Running & {
  readonly databaseUrls: Readonly<Record<Service, string>>
  readonly urlOf: (service: 'products' | 'orders') => string
  readonly gateway: IdentitySigner
  /** Starts every service in this process. */
  readonly startHere: () => Promise<Running>
  /** Starts every service as a process of its own; a profile folder gets a CPU profile of each once it stops. */
  readonly startProcesses: (profileFolder?: string) => Promise<Running>
  /** Keeps the databases as they are; no service may run. */
  readonly keep: () => Promise<void>
  /** Makes the databases as they were kept; no service may run. */
  readonly restore: () => Promise<void>
}

const program = join(import.meta.dirname, 'service.ts')
const endWithParent = join(import.meta.dirname, '../../testbed/end-with-parent.ts')

/** Starts the stage; stopping it leaves nothing behind. */
export const startStage = (): Promise<Stage> =>
  startAll(async use => {
    const { postgresDirectory: directory, postgresPassword: password, stop } = await openRunDirectory()
    use({ stop })
    const postgres = use(await startEmbeddedPostgres({ directory, password }))
    const session = new Client({ connectionString: postgres.superuserUrl })
    await session.connect()
    use({ stop: () => session.end() })
    const ensure = (service: Service) => postgres.ensureDatabase(service, randomBytes(16).toString('hex'))
    const databaseUrls = {
      products: await ensure('products'),
      payments: await ensure('payments'),
      orders: await ensure('orders'),
    }
    const { settingsOf, urlOf, gateway } = await createSettings(databaseUrls)

    const copy = async (from: string, to: string, owner: string): Promise<void> => {
      const [source, target] = [escapeIdentifier(from), escapeIdentifier(to)]
      await session.query(`drop database if exists ${target} with (force)`)
      await session.query(`create database ${target} template ${source} owner ${escapeIdentifier(owner)}`)
    }

    return {
      databaseUrls,
      urlOf,
      gateway,
      startHere: () =>
        startAll(async use => {
          for (const service of services) use(await startService(service, settingsOf[service]))
        }),
      startProcesses: profileFolder =>
        startAll(async use => {
          const profiling =
            profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
          for (const service of services) {
            const args = ['--import', endWithParent, ...profiling, program, service]
            const started = startProcess(args, settingsOf[service])
            use({ stop: async () => void (await started.end('SIGTERM')) })
            await started.waitFor(/ready/)
          }
        }),
      keep: async () => {
        for (const service of services) await copy(service, keptNameOf(service), service)
      },
      restore: async () => {
        for (const service of services) await copy(keptNameOf(service), service, service)
        // n.b. else the one measured next would pay for what the one before has written
        await session.query('checkpoint')
      },
    } satisfies Omit<Stage, 'stop'>
  })

const keptNameOf = (service: Service) => `${service}_kept`

const createSettings = async (databaseUrls: Stage['databaseUrls']) => {
  const [products = 0, payments = 0, orders = 0] = await freePorts(services.length)
  const ports = { products, payments, orders }
  const { keys, issuers } = await createIdentityKeys(['gateway', 'orders'])
  const originOf = (service: Service) => `http://127.0.0.1:${ports[service]}`
  const urlOf = (service: Service) => `${originOf(service)}/graphql`
  const apiKey = `sk_test_${randomBytes(12).toString('hex')}`
  const common = (service: Service) => ({
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    PORT: String(ports[service]),
    DATABASE_URL: databaseUrls[service],
  })
  return {
    urlOf,
    gateway: createIdentitySigner('gateway', identityKey.parse(keys.gateway)),
    settingsOf: {
      products: { ...common('products'), IDENTITY_ISSUERS: issuers },
      payments: { ...common('payments'), STRIPE_API_KEY: apiKey },
      orders: {
        ...common('orders'),
        IDENTITY_ISSUERS: issuers,
        IDENTITY_KEY: keys.orders ?? '',
        PRODUCTS_URL: urlOf('products'),
        STRIPE_API_URL: originOf('payments'),
        STRIPE_API_KEY: apiKey,
      },
    },
  }
}
