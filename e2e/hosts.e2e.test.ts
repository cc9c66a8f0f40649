import { canStartPrivateBroker } from '@supergraph/messaging/tests/private-broker.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { afterAll, beforeAll, describe } from 'vitest'
import { serviceNames } from '../services.ts'
import { startBroker } from '../testbed/broker.ts'
import { startDatabaseServer } from '../testbed/database-server.ts'
import { findMissing } from '../testbed/hosts/network.ts'
import { placedOn, placedSettings, startSystemHosts } from '../testbed/hosts/system-hosts.ts'
import { freePorts } from '../testbed/ports.ts'
import { openRunDirectory } from '../testbed/run-directory.ts'
import { type ProcessSystem, startSystem } from '../testbed/system/system.ts'
import { demoSettings } from './allocations.ts'
import { shopSuites } from './shop-suites.ts'
import { describeCheckout } from './suites/checkout.ts'
import { describeOutages, describeUsersAway } from './suites/outages.ts'
import { describeShopping } from './suites/shopping.ts'

const missing = await findMissing()
const isCi = process.env.CI === 'true'
const isPossible = missing === undefined || (missing.isInstallable && isCi)
// n.b. all of it takes a minute, and in CI it runs on one host already
const suites = isCi ? [describeShopping, describeCheckout] : shopSuites
if (!isPossible) console.warn(`Skipped: ${missing?.what}, so no shop is tested on several hosts.`)

describe.runIf(isPossible && canStartPrivateBroker)('over RabbitMQ, on three hosts', () => {
  let system: ProcessSystem

  beforeAll(async () => {
    if (missing !== undefined) throw new Error(`${missing.what}; in CI its tests must run.`)
    system = await startShopOnHosts()
  })
  afterAll(() => system?.stop())

  for (const describeSuite of suites) describeSuite(() => system)
  if (isCi) return
  describeOutages(() => system)
  // n.b. the last of all, since nobody can sign in meanwhile
  describeUsersAway(() => system)
})

/** Starts every service as a process on its host, with a PostgreSQL and a RabbitMQ that the hosts reach. */
const startShopOnHosts = (): Promise<ProcessSystem & Running> =>
  startAll(async use => {
    const hosts = use(await startSystemHosts())
    const directory = use(await openRunDirectory())
    const [port = 0] = await freePorts(1)
    const database = use(await startDatabaseServer(directory, port, hosts.addressOf('database')))
    const { url } = use(await startBroker(hosts.addressOf('broker')))
    return use(
      await startSystem({
        processNames: serviceNames,
        databaseUrls: database.urls,
        settings: (service, _process, originOf) => ({
          ...demoSettings,
          ...placedSettings(hosts, service, originOf),
          RABBITMQ_URL: url,
        }),
        ...placedOn(hosts),
      }),
    )
  })
