import { describe, expect, it } from 'vitest'
import { type Activity, createBatches, createLog, createSimulation, createStation } from './simulation.ts'

const seed = 'queues'
const tolerance = 0.03
const customers = 400_000

describe('an open queue', () => {
  for (const { places, perSecond } of [
    { places: 1, perSecond: 50 },
    { places: 1, perSecond: 80 },
    { places: 2, perSecond: 160 },
    { places: 8, perSecond: 700 },
  ]) {
    const serviceMs = 10
    const load = (perSecond * serviceMs) / 1_000
    it(`makes customers wait as Erlang found for ${load} Erlangs at ${places}`, () => {
      const simulation = createSimulation(seed)
      const station = createStation(simulation, places)
      let waitedMs = 0
      let served = 0
      simulation.arrive(perSecond, function* () {
        const cameAtMs = simulation.nowMs()
        yield* station.take()
        waitedMs += simulation.nowMs() - cameAtMs
        yield* simulation.pause(simulation.exponential(serviceMs))
        station.give()
        served += 1
      })
      simulation.run((customers * 1_000) / perSecond)
      const expectedMs = (erlangC(places, load) * serviceMs) / (places - load)
      expect(Math.abs(waitedMs / served / expectedMs - 1)).toBeLessThan(2 * tolerance)
      expect(Math.abs(station.utilisation() - load / places)).toBeLessThan(0.01)
    })
  }

  it('makes customers wait less for regular service, as Pollaczek and Khinchine found', () => {
    const [serviceMs, load] = [10, 0.8]
    const simulation = createSimulation(seed)
    const station = createStation(simulation, 1)
    let waitedMs = 0
    let served = 0
    simulation.arrive((1_000 * load) / serviceMs, function* () {
      const cameAtMs = simulation.nowMs()
      yield* station.take()
      waitedMs += simulation.nowMs() - cameAtMs
      yield* simulation.pause(simulation.around(serviceMs))
      station.give()
      served += 1
    })
    simulation.run(4_000_000)
    const expectedMs = ((load / (1 - load)) * serviceMs * (1 + 0.5 ** 2)) / 2
    expect(Math.abs(waitedMs / served / expectedMs - 1)).toBeLessThan(2 * tolerance)
  })
})

describe('a closed network', () => {
  const demandsMs = [6, 3, 2, 1]
  const thinkMs = 5
  for (const clients of [1, 2, 8, 64]) {
    it(`serves ${clients} clients as mean value analysis says`, () => {
      const simulation = createSimulation(seed)
      const stations = demandsMs.map(() => createStation(simulation, 1))
      let served = 0
      const client = function* (): Activity {
        for (;;) {
          yield* simulation.pause(simulation.exponential(thinkMs))
          for (const [index, station] of stations.entries())
            yield* station.use(simulation.exponential(demandsMs[index] ?? 0))
          served += 1
        }
      }
      for (let index = 0; index < clients; index += 1) simulation.begin(client())
      const ranMs = 1_000_000
      simulation.run(ranMs)
      const expected = meanValueAnalysis(demandsMs, thinkMs, clients)
      expect(Math.abs(served / ranMs / expected - 1)).toBeLessThan(tolerance)
      for (const [index, station] of stations.entries())
        expect(Math.abs(station.utilisation() - expected * (demandsMs[index] ?? 0))).toBeLessThan(tolerance)
    })
  }
})

it('flushes the commits of half of those who do nothing but commit together', () => {
  const simulation = createSimulation(seed)
  const log = createLog(simulation, 5)
  let committed = 0
  const client = function* (): Activity {
    for (;;) {
      yield* log.commit()
      committed += 1
    }
  }
  for (let index = 0; index < 8; index += 1) simulation.begin(client())
  simulation.run(100_000)
  expect(Math.abs(committed / (100_000 / 5) / 4 - 1)).toBeLessThan(tolerance)
  expect(log.utilisation()).toBeCloseTo(1, 5)
})

it('works through what came in batches, in order, and leaves nothing', () => {
  const simulation = createSimulation(seed)
  const batches: (readonly number[])[] = []
  const firsts: number[] = []
  const { add } = createBatches<number>(simulation, { most: 3, workers: 1 }, function* (batch, isFirst) {
    batches.push(batch)
    if (isFirst) firsts.push(...batch)
    yield* simulation.pause(10)
  })
  add([1])
  add([2, 3, 4, 5])
  simulation.run(15)
  add([6])
  simulation.run(100)
  add([7])
  simulation.run(100)
  expect(batches).toEqual([[1], [2, 3, 4], [5, 6], [7]])
  expect(firsts).toEqual([1, 7])
})

it('takes the same course for the same seed, and another one for another', () => {
  const courseOf = (name: string): readonly number[] => {
    const simulation = createSimulation(name)
    const station = createStation(simulation, 2)
    const times: number[] = []
    simulation.arrive(100, function* () {
      yield* station.use(simulation.around(15))
      times.push(simulation.nowMs())
    })
    simulation.run(1_000)
    return times
  }
  expect(courseOf('a')).toEqual(courseOf('a'))
  expect(courseOf('a')).not.toEqual(courseOf('b'))
})

/** The share of customers who have to wait. */
const erlangC = (places: number, load: number): number => {
  let term = 1
  let sum = 0
  for (let count = 0; count < places; count += 1) {
    sum += term
    term *= load / (count + 1)
  }
  const all = (term * places) / (places - load)
  return all / (sum + all)
}

/** Customers served per ms. */
const meanValueAnalysis = (demandsMs: readonly number[], thinkMs: number, clients: number): number => {
  let lengths = demandsMs.map(() => 0)
  let perMs = 0
  for (let count = 1; count <= clients; count += 1) {
    const responsesMs = demandsMs.map((demandMs, index) => demandMs * (1 + (lengths[index] ?? 0)))
    perMs = count / (thinkMs + responsesMs.reduce((sum, ms) => sum + ms, 0))
    lengths = responsesMs.map(ms => ms * perMs)
  }
  return perMs
}
