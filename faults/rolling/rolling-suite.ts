import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { takeOut } from '../../testbed/earlier-code.ts'
import type { ProcessName } from '../../testbed/system/plan.ts'
import type { EventScenario } from '../events/event-scenario.ts'
import { startEventSuite } from '../events/start-event-suite.ts'
import type { Suite } from '../scenario.ts'
import { restartInTurn } from './restart-in-turn.ts'

/** Those that are restarted: two of each process of the shop. */
const doubled = [
  'users',
  'users-2',
  'products-1',
  'products-2',
  'orders-1',
  'orders-2',
  'notifications-1',
  'notifications-2',
  'analytics-1',
  'analytics-2',
  'gateway-1',
  'gateway-2',
] as const satisfies readonly ProcessName[]

const processNames = ['mailbox', 'payment-simulator', ...doubled] as const

/** The processes that run this code, once there are some that do not. */
const upgraded = new Set<ProcessName>()

const sizes = { full: 50, short: 10 }
const subscribers = { full: 200, short: 48 }

/** Starts each process anew with this code, where all run an earlier one. */
export const rollingUpgrade: EventScenario = {
  name: 'rolling-upgrade',
  guarantee: 'each process is replaced by one of this code: no request fails, no event is missed or doubled',
  sizes,
  subscribers,
  run: context => restartInTurn(context, doubled, name => void upgraded.add(name)),
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
      upgraded.clear()
      const earlier = from === undefined ? undefined : use(await takeOut(from))
      return use(
        await startEventSuite(scenarios, {
          processNames,
          logFolder,
          isBalanced: true,
          // n.b. two probes of those who call, and two looks of the balancer
          settings: { STOP_DELAY_MS: '3000' },
          codeFolderOf: name => (upgraded.has(name) ? undefined : earlier?.folder),
        }),
      )
    }),
}
