import type { Scenario } from '../scenario.ts'
import { disturb } from '../shop/disturbance.ts'
import type { Service } from '../system/services.ts'

const sizes = { full: 1_000, short: 20 } as const
const checkoutsPerKill = 20
const bothChance = 0.25

/** kill -9 of one of the processes, at times of both. */
const killing = (name: string, targets: readonly [Service, ...Service[]]): Scenario => ({
  name,
  guarantee: `kill -9 of ${targets.join(' and ')} at random points: every order ends consistent within 30 s of the restart`,
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

export const killOrders = killing('kill-orders', ['orders-1', 'orders-2'])
export const killProducts = killing('kill-products', ['products-1', 'products-2'])
export const killPayments = killing('kill-payments', ['payment-simulator'])

const checkoutsPerRestart = 20

/** The database server of all services is restarted, in order and as after a crash. */
export const postgresRestarts: Scenario = {
  name: 'postgres-restarts',
  guarantee: 'PostgreSQL restarted every few seconds, fast and immediate: nothing lost, nothing doubled',
  sizes: { full: 400, short: 20 },
  mayFail: true,
  run: ground => {
    let restarts = 0
    return disturb(ground, { times: ground.size / checkoutsPerRestart }, async () => {
      restarts += 1
      await ground.system.database.restart(restarts % 2 === 1 ? 'immediate' : 'fast')
      ground.noteKill()
    })
  },
}
