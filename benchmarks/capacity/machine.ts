import { type Activity, createBatches, createStation, type Simulation, type Station } from './simulation.ts'

/** The cores of a machine, which everything on it shares in turns. */
export type Cores = Pick<Station, 'utilisation' | 'forget'> & { readonly run: (cpuMs: number) => Activity }

/** The main thread of a Node process, on one of its machine's cores. */
export type Thread = Cores

/** How long a process has a core before the next one has its turn. */
const turnMs = 1

export const createCores = (simulation: Simulation, count: number): Cores => {
  const { use, utilisation, forget } = createStation(simulation, count)
  return {
    utilisation,
    forget,
    run: function* (cpuMs) {
      for (let leftMs = cpuMs; leftMs > 0; leftMs -= turnMs) yield* use(Math.min(leftMs, turnMs))
    },
  }
}

/** Each turn of its event loop costs `loopMs` of CPU; then it does, one after the other, what has come until then. */
export const createThread = (
  simulation: Simulation,
  cores: Pick<Cores, 'run'>,
  { loopMs = 0 }: { readonly loopMs?: number } = {},
): Thread => {
  type Task = { readonly cpuMs: number; readonly resume: () => void }
  const thread = createStation(simulation, 1)
  const tasks = createBatches<Task>(
    simulation,
    { most: Number.POSITIVE_INFINITY, workers: 1 },
    function* (batch) {
      yield* thread.take()
      yield* cores.run(loopMs)
      for (const { cpuMs, resume } of batch) {
        yield* cores.run(simulation.around(cpuMs))
        resume()
      }
      thread.give()
    },
  )
  return {
    utilisation: thread.utilisation,
    forget: thread.forget,
    run: function* (cpuMs) {
      yield resume => tasks.add([{ cpuMs, resume }])
    },
  }
}
