import { expect, it } from 'vitest'
import { createCores, createThread } from './machine.ts'
import { type Activity, createSimulation } from './simulation.ts'

const ranMs = 200_000
const tolerance = 0.03

/** How often a second so many clients have each of these threads run for 10 ms, one after the other. */
const perSecond = (
  clients: number,
  {
    cores: count,
    threads,
    loopMs = 0,
  }: { readonly cores: number; readonly threads: number; readonly loopMs?: number },
): number => {
  const simulation = createSimulation('machine')
  const cores = createCores(simulation, count)
  const all = Array.from({ length: threads }, () => createThread(simulation, cores, { loopMs }))
  let done = 0
  const client = function* (): Activity {
    for (;;) {
      for (const thread of all) yield* thread.run(10)
      done += 1
    }
  }
  for (let index = 0; index < clients; index += 1) simulation.begin(client())
  simulation.run(ranMs)
  return done / (ranMs / 1_000)
}

it('runs no thread on two cores at the same time', () => {
  expect(Math.abs(perSecond(16, { cores: 4, threads: 1 }) / 100 - 1)).toBeLessThan(tolerance)
})

it('keeps every core busy if there are enough threads', () => {
  expect(Math.abs(perSecond(64, { cores: 2, threads: 4 }) / 50 - 1)).toBeLessThan(tolerance)
})

it('lets one client wait for each thread in turn', () => {
  expect(Math.abs(perSecond(1, { cores: 2, threads: 4 }) / 25 - 1)).toBeLessThan(tolerance)
})

it('pays for a turn of the loop once for all that has come until then', () => {
  const alone = perSecond(1, { cores: 1, threads: 1, loopMs: 10 })
  const crowd = perSecond(100, { cores: 1, threads: 1, loopMs: 10 })
  expect(Math.abs(alone / 50 - 1)).toBeLessThan(tolerance)
  expect(Math.abs(crowd / (1_000 / (10 + 10 / 99.9)) - 1)).toBeLessThan(0.1)
})
