import { join } from 'node:path'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { Client, escapeIdentifier } from 'pg'
import { databaseNameOf } from '../../services.ts'
import { startDatabaseServer } from '../../testbed/database-server.ts'
import { freePorts } from '../../testbed/ports.ts'
import { openRunDirectory } from '../../testbed/run-directory.ts'
import { type Plan, planSystem } from '../../testbed/system/plan.ts'
import { startProcesses } from '../../testbed/system/processes.ts'
import { checkoutServices, startService } from './services.ts'

/** A durable PostgreSQL with a database per service, and the services, to be started and stopped as needed. */
export type CheckoutSystem = Plan & {
  /** Starts every service in this process. */
  readonly startHere: () => Promise<Running>
  /** Starts every service as a process of its own; a profile folder gets a CPU profile of each when it stops. */
  readonly startProcesses: (profileFolder?: string) => Promise<Running>
  /** Keeps the databases as they are; no service may run. */
  readonly keep: () => Promise<void>
  /** Makes the databases as they were kept; no service may run. */
  readonly restore: () => Promise<void>
}

const program = join(import.meta.dirname, 'service.ts')

/** Starts the database server; stopping it leaves nothing behind. */
export const prepareCheckoutSystem = (): Promise<CheckoutSystem & Running> =>
  startAll(async use => {
    const directory = use(await openRunDirectory())
    const [databasePort = 0] = await freePorts(1)
    const database = use(await startDatabaseServer(directory, databasePort))
    const session = new Client({ connectionString: database.superuserUrl })
    await session.connect()
    use({ stop: () => session.end() })
    const plan = await planSystem({
      processNames: checkoutServices,
      databaseUrls: database.urls,
      settings: service => ({
        ...{ NODE_ENV: 'production', LOG_LEVEL: 'warn', SHOP_URL: 'http://127.0.0.1:3000' },
        // n.b. What the provider tells afterwards would be counted as a part of whichever checkout is under way.
        ...(service === 'payment-simulator' && { WEBHOOK_URL: '' }),
      }),
    })

    const copy = async (from: string, to: string, owner: string): Promise<void> => {
      const [source, target] = [escapeIdentifier(from), escapeIdentifier(to)]
      await session.query(`drop database if exists ${target} with (force)`)
      await session.query(`create database ${target} template ${source} owner ${escapeIdentifier(owner)}`)
    }
    return {
      ...plan,
      startHere: () =>
        startAll(async use => {
          for (const name of checkoutServices) use(await startService(name, plan.settingsOf(name)))
        }),
      startProcesses: profileFolder => {
        const profiling = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
        return startProcesses(plan, { argumentsOf: name => [...profiling, program, name] })
      },
      keep: async () => {
        for (const name of databaseNames) await copy(name, keptNameOf(name), name)
      },
      restore: async () => {
        for (const name of databaseNames) await copy(keptNameOf(name), name, name)
        // n.b. Otherwise the next measurement would also write out what the one before it has changed.
        await session.query('checkpoint')
      },
    } satisfies Omit<CheckoutSystem, 'stop'>
  })

const databaseNames = checkoutServices.map(databaseNameOf)

const keptNameOf = (name: string) => `${name}_kept`
