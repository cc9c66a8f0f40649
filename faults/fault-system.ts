import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { recordOf } from '../embedded/records.ts'
import { type ServiceName, statefulNames } from '../services.ts'
import { type DatabaseServer, startDatabaseServer } from '../testbed/database-server.ts'
import { placedOn, type SystemHosts } from '../testbed/hosts/system-hosts.ts'
import { createPaymentConsole, type PaymentConsole } from '../testbed/payment-console.ts'
import { createPaymentFaults, type PaymentFaults } from '../testbed/payment-faults.ts'
import { freePorts } from '../testbed/ports.ts'
import { openRunDirectory } from '../testbed/run-directory.ts'
import { type PlanOptions, type ProcessName, serviceOf } from '../testbed/system/plan.ts'
import type { ProcessOptions } from '../testbed/system/processes.ts'
import { type ProcessSystem, startSystem } from '../testbed/system/system.ts'
import { startTokenIssuer } from '../testbed/token-issuer.ts'

/** The system to which the suites do harm, with its database server and its payment provider. */
export type FaultSystem = ProcessSystem & {
  readonly database: DatabaseServer
  readonly payments: PaymentFaults
  readonly paymentConsole: PaymentConsole
  /** Gives services these settings beside their own until the next call, and starts those anew whose settings change. */
  readonly configure: (settings: ServiceSettings) => Promise<void>
  /** A customer's token for the gateways, valid for an hour. */
  readonly accessToken: (userId: string) => Promise<string>
}

/** Settings of some services. */
export type ServiceSettings = { readonly [Name in ServiceName]?: Variables }

const tokenLifetimeSeconds = 3_600
/** So short that what a lost webhook did not tell is known before a scenario is over. */
const eventsEverySeconds = 5

/** Starts the system on a PostgreSQL of its own; stopping it leaves nothing behind. */
export const startFaultSystem = ({
  processNames,
  broker,
  logFolder,
  probed = [],
  isBalanced,
  addressOf,
  codeFolderOf,
  launcherOf,
  postgresDirectory,
  namesOf = addresses => addresses,
  ownSettings = () => ({}),
  hosts,
}: {
  readonly processNames: readonly ProcessName[]
  /** The broker's settings, and what else every process gets. */
  readonly broker: Variables
  /** Gets a file of each process's output. */
  readonly logFolder?: string | undefined
  /** The processes that tell what they use. */
  readonly probed?: readonly ProcessName[] | undefined
  /** Where PostgreSQL keeps its data, on a disk of the suite's own. */
  readonly postgresDirectory?: string | undefined
  /** What the databases' URLs become for the processes. */
  readonly namesOf?: (databaseUrl: string) => string
  /** What a process gets beside what every one gets. */
  readonly ownSettings?: (process: ProcessName) => Variables
  /** The hosts that it is spread over: everything runs on this one, unless given. */
  readonly hosts?: SystemHosts | undefined
} & Pick<PlanOptions, 'isBalanced' | 'addressOf'> &
  Pick<ProcessOptions, 'codeFolderOf' | 'launcherOf'>): Promise<FaultSystem & Running> =>
  startAll(async use => {
    const directory = use(await openRunDirectory())
    const [databasePort = 0] = await freePorts(1)
    const place = { ...directory, ...(postgresDirectory && { postgresDirectory }) }
    const database = use(await startDatabaseServer(place, databasePort, hosts?.addressOf('database')))
    const tokens = use(await startTokenIssuer(hosts?.addressOf('outside')))
    let configured: ServiceSettings = {}
    const system = use(
      await startSystem({
        processNames,
        databaseUrls: recordOf(
          statefulNames(),
          name => name,
          name => namesOf(database.urls[name]),
        ),
        mailDirectory: directory.mailDirectory,
        logFolder,
        probed,
        isBalanced,
        ...(addressOf && { addressOf }),
        codeFolderOf,
        launcherOf,
        ...(hosts && placedOn(hosts)),
        settings: (service, process, originOf) => ({
          ...broker,
          LOG_LEVEL: 'warn',
          ...(service === 'gateway' && { JWKS_URL: tokens.jwksUrl, SOCKETS_PER_ADDRESS: '10000' }),
          ...(service === 'gateway' &&
            processNames.includes('registry') && {
              SUPERGRAPH_URL: `${originOf('registry')}/uplink`,
              SUPERGRAPH_REF: 'commerce@current',
              SUPERGRAPH_KEY: 'service:commerce:supergraph-demo',
              SUPERGRAPH_PATH: join(directory.path, `${process}.graphql`),
            }),
          ...(service === 'orders' && { STRIPE_EVENTS_EVERY_SECONDS: String(eventsEverySeconds) }),
          ...(service === 'registry' && { DEMO_DATA: 'true', POLL_SECONDS: '0.5' }),
          ...configured[service],
          ...ownSettings(process),
        }),
      }),
    )
    const { processes } = system
    const simulator = system.originOf('payment-simulator')
    const configure = async (settings: ServiceSettings): Promise<void> => {
      const changed = processNames.filter(name => {
        const service = serviceOf(name)
        return !isDeepStrictEqual(settings[service], configured[service])
      })
      configured = settings
      await Promise.all(
        changed.map(async name => {
          await processes.kill(name)
          await processes.start(name)
        }),
      )
    }
    return {
      ...system,
      configure,
      database,
      payments: createPaymentFaults(simulator, system.paymentSimulatorKey),
      paymentConsole: createPaymentConsole(simulator, system.paymentSimulatorKey),
      accessToken: userId => tokens.customer(userId, { lifetimeSeconds: tokenLifetimeSeconds }),
    }
  })
