import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.ts'
import type { Ground } from '../scenario.ts'
import { runMixedLoad } from './mixed-load.ts'

const maxDelayMs = 60

/** Runs the mixed load, and into it the disturbance, at random points and one after the other. */
export const disturb = async (
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
