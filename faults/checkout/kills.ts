import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.ts'
import type { Ground, Scenario } from '../scenario.ts'
import type { Service } from '../system/services.ts'
import { runMixedLoad } from './mixed-load.ts'

const sizes = { full: 1_000, short: 60 } as const
const checkoutsPerKill = 20
const maxDelayMs = 60
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
  sizes: { full: 400, short: 40 },
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

/** Runs the mixed load, and into it the disturbance, at random points and one after the other. */
const disturb = async (
  ground: Ground,
  { times }: { readonly times: number },
  disturbance: (random: Random) => Promise<void>,
): Promise<readonly string[]> => {
  const random = ground.random.fork('disturbances')
  const spacing = Math.floor(ground.size / times)
  const points = new Set(
    Array.from({ length: times }, (_, index) => index * spacing + random.integer(0, spacing - 1)),
  )
  let running = Promise.resolve()
  await runMixedLoad(ground, async index => {
    if (!points.has(index)) return
    const previous = running
    const delayMs = random.integer(0, maxDelayMs)
    running = previous.then(() => pause(delayMs)).then(() => disturbance(random))
    // n.b. awaited by whoever comes next; without a handler now, a failure before that would end the process
    running.catch(() => {})
    await previous
  })
  await running
  return []
}
