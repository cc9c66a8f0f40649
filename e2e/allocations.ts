import { brokerUrl } from '@supergraph/messaging/tests/test-namespace.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { serviceNames } from '../services.ts'
import { createBrokerNamespace } from '../testbed/broker.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'
import type { ProcessOptions } from '../testbed/system/processes.ts'
import { type ProcessSystem, type System, startSystem } from '../testbed/system/system.ts'
import { createTestDatabases } from '../testbed/system/test-databases.ts'

export const demoPassword = 'a password for the demo'

/** Both ways to run the system, for suites that must pass in both; the second way needs a broker. */
export const allocations = () => {
  const broker = brokerUrl()
  return [
    {
      allocation: 'in one process',
      start: (): Promise<System> => startOneProcess({ DEMO_PASSWORD: demoPassword }),
      isRunnable: true,
    },
    {
      allocation: 'with a process per service on RabbitMQ',
      start: (): Promise<System> => startProcessPerService(broker ?? ''),
      isRunnable: broker !== undefined,
    },
  ] as const
}

/** Starts every service as a process of its own with the demo data, on test databases and RabbitMQ at `brokerUrl`. */
export const startProcessPerService = (
  brokerUrl: string,
  { probed }: Pick<ProcessOptions, 'probed'> = {},
): Promise<ProcessSystem & Running> =>
  startAll(async use => {
    const broker = use(createBrokerNamespace(brokerUrl))
    const { urls: databaseUrls } = use(await createTestDatabases())
    const settings = { ...broker.settings, DEMO_DATA: 'true', DEMO_PASSWORD: demoPassword }
    return use(
      await startSystem({
        processNames: serviceNames,
        databaseUrls,
        settings: () => settings,
        ...(probed && { probed }),
      }),
    )
  })
