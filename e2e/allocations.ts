import type { Variables } from '@supergraph/runtime/environment.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { serviceNames } from '../services.ts'
import { createBrokerNamespace } from '../testbed/broker.ts'
import { patience } from '../testbed/limits.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'
import type { ProcessOptions } from '../testbed/system/processes.ts'
import { type ProcessSystem, type System, startSystem } from '../testbed/system/system.ts'
import { createTestDatabases } from '../testbed/system/test-databases.ts'

export const demoPassword = 'a password for the demo'

/** What every process of a shop with the demo data is told. */
export const demoSettings = { ...patience, DEMO_DATA: 'true', DEMO_PASSWORD: demoPassword }

/** Starts everything in one process with the demo data. */
export const startShop = (settings: Variables = {}): Promise<System> =>
  startOneProcess({ DEMO_PASSWORD: demoPassword, ...settings })

/** Starts every service as a process of its own with the demo data, on test databases and RabbitMQ at `brokerUrl`. */
export const startProcessPerService = (
  brokerUrl: string,
  { probed, settings: given = {} }: Pick<ProcessOptions, 'probed'> & { readonly settings?: Variables } = {},
): Promise<ProcessSystem & Running & Pick<System, 'queuedText'>> =>
  startAll(async use => {
    const broker = use(createBrokerNamespace(brokerUrl))
    const { urls: databaseUrls } = use(await createTestDatabases())
    const settings = { ...broker.settings, ...demoSettings, ...given }
    const system = use(
      await startSystem({
        processNames: serviceNames,
        databaseUrls,
        settings: () => settings,
        ...(probed && { probed }),
      }),
    )
    return { ...system, queuedText: broker.queuedText }
  })
