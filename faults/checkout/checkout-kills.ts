import type { ProcessName } from '../../testbed/system/plan.ts'
import { disturb, killUnderLoad } from '../disturbance.ts'
import type { Scenario } from '../scenario.ts'

const killing = (name: string, targets: readonly [ProcessName, ...ProcessName[]]): Scenario => ({
  name,
  guarantee: `kill -9 of ${targets.join(' and ')} at random points: every order ends consistent within 30 s of the restart`,
  sizes: { full: 1_000, short: 20 },
  run: killUnderLoad(targets, { checkoutsPerKill: 20 }),
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
  run: context => {
    let restarts = 0
    return disturb(context, { times: context.size / checkoutsPerRestart }, async () => {
      restarts += 1
      await context.system.database.restart(restarts % 2 === 1 ? 'immediate' : 'fast')
      context.noteKill()
    })
  },
}
