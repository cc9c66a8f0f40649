import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../testbed/random.ts'
import type { ProcessName } from '../testbed/system/plan.ts'
import { runMixedLoad } from './mixed-load.ts'
import type { ScenarioContext } from './scenario.ts'

const maxDelayMs = 60
const allChance = 0.25

/** Runs a load, the mixed one unless told otherwise, and disturbs it at random points, one disturbance after the other. */
export const disturb = async (
  context: ScenarioContext,
  { times, load = runMixedLoad }: { readonly times: number; readonly load?: typeof runMixedLoad },
  disturbance: (random: Random) => Promise<void>,
): Promise<readonly string[]> => {
  const random = context.random.fork('disturbances')
  const spacing = Math.floor(context.size / times)
  const points = new Set(
    Array.from({ length: times }, (_, index) => index * spacing + random.integer(0, spacing - 1)),
  )
  let running = Promise.resolve()
  await load(context, async index => {
    if (!points.has(index)) return
    const previous = running
    const delayMs = random.integer(0, maxDelayMs)
    running = previous.then(() => pause(delayMs)).then(() => disturbance(random))
    // n.b. The next disturbance awaits this one. Without a handler now, an earlier failure would end the process.
    running.catch(() => {})
    await previous
  })
  await running
  return []
}

/** Kills with kill -9 and restarts one of the processes, or sometimes all of them, each time the mixed load has made so many checkouts. */
export const killUnderLoad =
  (
    targets: readonly [ProcessName, ...ProcessName[]],
    { checkoutsPerKill }: { readonly checkoutsPerKill: number },
  ) =>
  (context: ScenarioContext): Promise<readonly string[]> =>
    disturb(context, { times: context.size / checkoutsPerKill }, async random => {
      const victims = random.chance(allChance) ? targets : [random.pick(targets)]
      await Promise.all(victims.map(victim => killAndStart(context, victim)))
    })

/** Kills a process with kill -9 and starts it again. */
export const killAndStart = async (
  { system: { processes }, noteKill }: ScenarioContext,
  name: ProcessName,
): Promise<void> => {
  await processes.kill(name)
  noteKill()
  await processes.start(name)
}
