import { disturb } from '../shop/disturbance.ts'
import type { Service } from '../system/services.ts'
import type { EventScenario } from './scenarios.ts'

const sizes = { full: 500, short: 15 } as const
const checkoutsPerKill = 15
const bothChance = 0.25

/** kill -9 of one of the processes, at times of all. */
const killing = (name: string, what: string, targets: readonly [Service, ...Service[]]): EventScenario => ({
  name,
  guarantee: `kill -9 of ${what} at random points: no event lost, none doubled in effect or on a screen`,
  sizes,
  run: ground =>
    disturb(ground, { times: ground.size / checkoutsPerKill }, async random => {
      const victims = random.chance(bothChance) ? targets : [random.pick(targets)]
      await Promise.all(
        victims.map(async service => {
          await ground.system.services.kill(service)
          ground.noteKill()
          await ground.system.services.start(service)
        }),
      )
    }),
})

export const killRelays = killing('kill-relays', 'processes that publish', [
  'orders-1',
  'orders-2',
  'products-1',
])
export const killWorkers = killing('kill-workers', 'processes that consume', [
  'notifications-1',
  'notifications-2',
  'analytics',
])
export const killGateways = killing('kill-gateways', 'gateways', ['gateway-1', 'gateway-2'])

const checkoutsPerBrokerKill = 50

/** The broker's node dies under load and is started again on its data. */
export const killBroker: EventScenario = {
  name: 'kill-broker',
  guarantee: 'kill -9 of the broker under load: what it had confirmed it still has, the rest is sent again',
  sizes: { full: 500, short: 50 },
  run: ground =>
    disturb(ground, { times: ground.size / checkoutsPerBrokerKill }, async () => {
      await ground.broker.kill()
      ground.noteKill()
      await ground.broker.restart()
    }),
}
