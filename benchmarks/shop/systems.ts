import { join } from 'node:path'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import type { ServiceName } from '../../services.ts'
import { startDatabaseServer } from '../../testbed/database-server.ts'
import { takeOut } from '../../testbed/earlier-code.ts'
import { freePorts } from '../../testbed/ports.ts'
import { startProcess, type TestProcess } from '../../testbed/processes.ts'
import { openRunDirectory } from '../../testbed/run-directory.ts'
import { startOneProcess } from '../../testbed/system/one-process.ts'
import { type Plan, type ProcessName, planSystem } from '../../testbed/system/plan.ts'
import { addCustomers } from './customers.ts'

/** A system that is measured. */
export type Contender = {
  readonly name: string
  /** Where its gateway answers. */
  readonly url: string
  /** The access tokens of customers who have orders. */
  readonly accessTokens: readonly string[]
  /** CPU time of the main threads of its Node processes since they started. */
  readonly cpuMs: () => Promise<number>
}

/** Systems that are measured in turn; the first is compared with the others. */
export type Contenders = Running & { readonly contenders: readonly Contender[] }

/** What `startNpmStarts` and `startProcessesPerService` are told. */
export type Options = {
  /** An earlier commit, whose code is measured too. */
  readonly against: string | undefined
  /** Gets a CPU profile of each process of this code when it stops. */
  readonly profileFolder: string | undefined
}

/** The settings of a process, by which Node writes a CPU profile into a folder when it stops. */
const profiling = (folder: string | undefined): Variables =>
  folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` }

/** `npm start`, one Node process, of this code and, if a commit is named, of that. */
export const startNpmStarts = ({ against, profileFolder }: Options): Promise<Contenders> =>
  startAll(async use => {
    const start = async (name: string, settings: Variables, codeFolder?: string): Promise<Contender> => {
      const system = use(
        await startOneProcess({ LOG_LEVEL: 'error', ...settings }, { isProbed: true, codeFolder }),
      )
      const url = system.urlOf('gateway')
      return { name, url, accessTokens: await addCustomers(url), cpuMs: cpuOf([system]) }
    }
    const contenders = [await start('this code', profiling(profileFolder))]
    if (against !== undefined) {
      const { folder } = use(await takeOut(against))
      contenders.push(await start(against, {}, folder))
    }
    return { contenders }
  })

/** A process per service, and a stock gateway over stock subgraphs on the same databases. */
export const startProcessesPerService = ({ profileFolder }: Options): Promise<Contenders> =>
  startAll(async use => {
    const directory = use(await openRunDirectory())
    const [databasePort = 0] = await freePorts(1)
    const database = use(await startDatabaseServer(directory, databasePort))
    const planOn = (processNames: readonly ServiceName[], settings: Variables) =>
      planSystem({
        processNames,
        databaseUrls: database.urls,
        settings: service => ({
          ...{ NODE_ENV: 'production', LOG_LEVEL: 'error', SHOP_URL: 'http://127.0.0.1:3000' },
          ...(service === 'products' && { DEMO_DATA: 'true' }),
          ...settings,
        }),
      })
    const start = async (plan: Plan, programOf: (name: ProcessName) => readonly string[]) => {
      const processes: TestProcess[] = []
      for (const name of plan.processNames) {
        const started = startProcess(programOf(name), plan.settingsOf(name), { isProbed: true })
        use({ stop: async () => void (await started.end('SIGTERM')) })
        await started.waitFor(/ runs/)
        processes.push(started)
      }
      return cpuOf(processes)
    }

    const plan = await planOn(shopServices, profiling(profileFolder))
    const cpuMs = await start(plan, name => [program, name])
    const url = plan.urlOf('gateway')
    const accessTokens = await addCustomers(url)
    const { STRIPE_API_KEY, STRIPE_API_URL, STRIPE_WEBHOOK_SECRETS } = plan.settingsOf('orders')
    const stockPlan = await planOn(stockServices, {
      JWKS_URL: `${plan.originOf('users')}/.well-known/jwks.json`,
      STRIPE_API_KEY,
      STRIPE_API_URL,
      STRIPE_WEBHOOK_SECRETS,
    })
    const stockCpuMs = await start(stockPlan, name =>
      name === 'gateway' ? [stockGateway] : ['--import', stockHook, program, name],
    )
    return {
      contenders: [
        { name: 'this code', url, accessTokens, cpuMs },
        { name: 'stock', url: stockPlan.urlOf('gateway'), accessTokens, cpuMs: stockCpuMs },
      ],
    }
  })

const stockServices = ['users', 'products', 'orders', 'gateway'] as const
const shopServices = ['payment-simulator', ...stockServices] as const

const pathOf = (file: string): string => join(import.meta.dirname, file)
const program = pathOf('service.ts')
const stockHook = pathOf('stock/hook.ts')
const stockGateway = pathOf('stock/gateway.ts')

/** Gives what asks for the CPU time of the main threads of processes. */
export const cpuOf = (processes: readonly Pick<TestProcess, 'askUsage'>[]) => async (): Promise<number> => {
  const usages = await Promise.all(processes.map(({ askUsage }) => askUsage('look')))
  return usages.reduce((total, { mainThreadMs }) => total + mainThreadMs, 0)
}
