import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createBrokerNamespace } from '../../testbed/broker.ts'
import { requestGraphQL } from '../../testbed/graphql-client.ts'
import { highLimits } from '../../testbed/limits.ts'
import { startProcess } from '../../testbed/processes.ts'
import { embeddedVariables } from '../../testbed/system/one-process.ts'
import { cpuOf } from '../shop/systems.ts'
import type { Grouping } from './groupings.ts'

/** A shop whose services are shared among processes. */
export type GroupedShop = Running & {
  /** Where its gateway answers. */
  readonly url: string
  /** From its start to the first answer of its gateway. */
  readonly startedInMs: number
  /** The memory of all its Node processes; n.b. what they share, such as the code of Node, counts in each. */
  readonly residentBytes: () => Promise<number>
  /** CPU time of the main threads of its Node processes since they started. */
  readonly cpuMs: () => Promise<number>
}

/** Gives what starts a shop, again and again on the same data, which `stop` removes. */
export const prepareGrouping = (
  { processes }: Grouping,
  brokerUrl: string,
): Promise<Running & { readonly start: () => Promise<GroupedShop> }> =>
  startAll(async use => {
    const directory = await mkdtemp(join(tmpdir(), 'supergraph-groupings-'))
    use({ stop: () => rm(directory, { recursive: true, force: true }) })
    const broker = use(createBrokerNamespace(brokerUrl))
    const variables: Variables = {
      ...(await embeddedVariables(directory)),
      ...highLimits,
      ...(processes.length > 1 && broker.settings),
      CONSOLE: 'false',
      REGISTRY: 'false',
      LOG_LEVEL: 'error',
    }
    const url = `http://127.0.0.1:${variables.PORT}/graphql`
    return {
      start: () =>
        startAll(async useOfRun => {
          const startedAtMs = performance.now()
          const running = processes.map(args =>
            startProcess(['start.ts', ...args], variables, { isProbed: true }),
          )
          // n.b. the one that stops last stops the database server
          for (const { end } of running) useOfRun({ stop: async () => void (await end('SIGTERM')) })
          await Promise.all(running.map(({ waitFor }) => waitFor(/Ctrl-C/)))
          await requestGraphQL(url, { query: '{ products(first: 20) { edges { node { id name } } } }' })
          const startedInMs = performance.now() - startedAtMs
          return {
            url,
            startedInMs,
            residentBytes: async () => {
              const each = await Promise.all(running.map(({ residentBytes }) => residentBytes()))
              return each.reduce((sum, bytes) => sum + bytes, 0)
            },
            cpuMs: cpuOf(running),
          }
        }),
    }
  })
