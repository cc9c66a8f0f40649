import type { ProcessName } from '../../testbed/system/plan.ts'
import { disturb, killUnderLoad } from '../disturbance.ts'
import type { EventScenario } from './event-scenario.ts'
import { workers } from './workers.ts'

const killing = (
  name: string,
  what: string,
  targets: readonly [ProcessName, ...ProcessName[]],
): EventScenario => ({
  name,
  guarantee: `kill -9 of ${what} at random points: no event lost, none doubled in effect or on a screen`,
  sizes: { full: 500, short: 15 },
  run: killUnderLoad(targets, { checkoutsPerKill: 15 }),
})

export const killRelays = killing('kill-relays', 'processes that publish', [
  'orders-1',
  'orders-2',
  'products-1',
])
export const killWorkers = killing('kill-workers', 'processes that consume', workers)
export const killGateways = killing('kill-gateways', 'gateways', ['gateway-1', 'gateway-2'])

const checkoutsPerBrokerKill = 50

/** The broker's node dies under load and is started again on its data. */
export const killBroker: EventScenario = {
  name: 'kill-broker',
  guarantee: 'kill -9 of the broker under load: what it had confirmed it still has, the rest is sent again',
  sizes: { full: 500, short: 50 },
  run: context =>
    disturb(context, { times: context.size / checkoutsPerBrokerKill }, async () => {
      await context.broker.kill()
      context.noteKill()
      await context.broker.restart()
    }),
}
