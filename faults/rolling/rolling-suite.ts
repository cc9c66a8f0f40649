import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { type ServiceName, statefulNames, subgraphNames } from '../../services.ts'
import { takeOut } from '../../testbed/earlier-code.ts'
import { runNode } from '../../testbed/run-program.ts'
import type { ProcessName } from '../../testbed/system/plan.ts'
import type { EventScenario } from '../events/event-scenario.ts'
import { startEventSuite } from '../events/start-event-suite.ts'
import type { Suite } from '../scenario.ts'
import { type Front, startFront } from './front.ts'
import { restartInTurn } from './restart-in-turn.ts'

/** Those that are restarted, two of each process of the shop: who takes events comes before who publishes them, and gateways last. */
const doubled = [
  'notifications-1',
  'notifications-2',
  'analytics-1',
  'analytics-2',
  'users',
  'users-2',
  'products-1',
  'products-2',
  'orders-1',
  'orders-2',
  'gateway-1',
  'gateway-2',
] as const satisfies readonly ProcessName[]

const processNames = ['mailbox', 'payment-simulator', ...doubled] as const

/** The processes that run an earlier code. */
const earlierOnes = new Set<ProcessName>()

const sizes = { full: 50, short: 10 }
const subscribers = { full: 200, short: 48 }

/** Migrates each database with this code, and then starts each process anew with it, where all run an earlier one. */
export const rollingUpgrade: EventScenario = {
  name: 'rolling-upgrade',
  guarantee: 'each process is replaced by one of this code: no request fails, no event is missed or doubled',
  sizes,
  subscribers,
  run: async context => {
    for (const name of statefulNames()) {
      const variables = { PATH: process.env.PATH, DATABASE_URL: context.system.databaseUrls[name] }
      const { status, output } = await runNode(['commands/data/migrate.ts', name], variables)
      if (status !== 0) throw new Error(`the database of ${name} is not migrated: ${output}`)
    }
    return restartInTurn(context, doubled, name => void earlierOnes.delete(name))
  },
}

const rollingRestart: EventScenario = {
  name: 'rolling-restart',
  guarantee: 'each process is stopped and started anew: no request fails, no event is missed or doubled',
  sizes,
  subscribers,
  run: context => restartInTurn(context, doubled),
}

const scenarios = [rollingUpgrade, rollingRestart]

/** Two of every process, of which one after the other is restarted while customers read, order and look at notifications. */
export const rollingSuite: Suite = {
  scenarios,
  start: ({ logFolder, from }) =>
    startAll(async use => {
      earlierOnes.clear()
      const earlier = from === undefined ? undefined : use(await takeOut(from))
      const fronts = new Map<ServiceName, Front>()
      if (earlier !== undefined) {
        for (const name of doubled) earlierOnes.add(name)
        for (const name of subgraphNames()) fronts.set(name, use(await startFront()))
      }
      return use(
        await startEventSuite(scenarios, {
          processNames,
          logFolder,
          isBalanced: true,
          // n.b. two probes of those who call, and two looks of the balancer
          settings: { STOP_DELAY_MS: '3000' },
          codeFolderOf: name => (earlierOnes.has(name) ? earlier?.folder : undefined),
          // n.b. an earlier release may take one URL only
          addressOf: (name, called, origins) =>
            (earlierOnes.has(name) && fronts.get(called)?.before(origins)) || origins.join(','),
        }),
      )
    }),
}
