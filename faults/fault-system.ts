import { join } from 'node:path'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { type DatabaseServer, startDatabaseServer } from '../testbed/database-server.ts'
import { createPaymentFaults, type PaymentFaults } from '../testbed/payment-faults.ts'
import { freePorts } from '../testbed/ports.ts'
import { openRunDirectory } from '../testbed/run-directory.ts'
import type { ProcessName } from '../testbed/system/plan.ts'
import { type ProcessSystem, startSystem } from '../testbed/system/system.ts'
import { startTokenIssuer } from '../testbed/token-issuer.ts'

/** The system to which the suites do harm, with its database server and its payment provider. */
export type FaultSystem = ProcessSystem & {
  readonly database: DatabaseServer
  readonly payments: PaymentFaults
  /** A customer's token for the gateways, valid for an hour. */
  readonly accessToken: (userId: string) => Promise<string>
}

const tokenLifetimeSeconds = 3_600

/** Starts the system on a PostgreSQL of its own; stopping it leaves nothing behind. */
export const startFaultSystem = ({
  processNames,
  broker,
  logFolder,
  probed = [],
}: {
  readonly processNames: readonly ProcessName[]
  /** The broker's settings. */
  readonly broker: Variables
  /** Gets a file of each process's output. */
  readonly logFolder?: string | undefined
  /** The processes that tell what they use. */
  readonly probed?: readonly ProcessName[]
}): Promise<FaultSystem & Running> =>
  startAll(async use => {
    const directory = use(await openRunDirectory())
    const [databasePort = 0] = await freePorts(1)
    const database = use(await startDatabaseServer(directory, databasePort))
    const tokens = use(await startTokenIssuer())
    const system = use(
      await startSystem({
        processNames,
        databaseUrls: database.urls,
        mailDirectory: directory.mailDirectory,
        logFolder,
        probed,
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
          ...(service === 'registry' && { DEMO_DATA: 'true', POLL_SECONDS: '0.5' }),
        }),
      }),
    )
    return {
      ...system,
      database,
      payments: createPaymentFaults(system.originOf('payment-simulator'), system.paymentSimulatorKey),
      accessToken: userId => tokens.customer(userId, { lifetimeSeconds: tokenLifetimeSeconds }),
    }
  })
