import { defineReading } from '@supergraph/metrics/metrics.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { LoopLateness, loopLimit, watchLoop } from '@supergraph/runtime/load/loop-lateness.ts'

/** How many operations may be under way in this process, and how many queries that ask each subgraph. */
export type Loads = ReturnType<typeof createLoads>

// n.b. five hundred requests that come at once take the thread for less
const farBehindMs = 150
// n.b. people wait so long rather than be refused
const ofSubgraph = { targetMs: 150, loweredMs: 75, windowMs: 100, samples: 10 }

/** The limits that a gateway finds, by the subgraphs' names; they outlive a supergraph. */
export const createLoads = () => {
  const own = new LoadLimit(loopLimit)
  const lateness = new LoopLateness()
  const subgraphs = new Map<string, LoadLimit>()
  const of = (subgraph: string): LoadLimit => {
    let load = subgraphs.get(subgraph)
    if (load === undefined) {
      load = new LoadLimit(ofSubgraph)
      subgraphs.set(subgraph, load)
    }
    return load
  }
  return {
    /** That of the process itself. */
    own,
    lateness,
    /**
     * Whether this process is too late at a time for one more that may fill such a share. n.b. what comes in one turn of the
     * loop is under way before anything can be heard of it
     */
    isFarBehind: (share: number, nowMs: number): boolean =>
      !own.isLight && lateness.at(nowMs) > farBehindMs * share,
    of,
    /** What hears for how long reads of a subgraph wait. n.b. while this process is late, they may wait for it */
    heardOf: (subgraph: string): Pick<LoadLimit, 'waited'> => {
      const load = of(subgraph)
      return {
        waited: (waitMs, beganAtMs, nowMs) => {
          if (lateness.at(nowMs) <= loopLimit.targetMs) load.waited(waitMs, beganAtMs, nowMs)
        },
      }
    },
    all: (): readonly (readonly [name: string, load: LoadLimit])[] => [['gateway', own], ...subgraphs],
  }
}

const limits = defineReading({
  kind: 'level',
  name: 'supergraph_load_limit',
  help: 'How many operations may be under way at a time, as found from how long work waits; of the gateway in all, and of queries that ask a subgraph.',
  labels: ['of'],
})

const underWay = defineReading({
  kind: 'level',
  name: 'supergraph_load_under_way',
  help: 'Operations that are under way; of the gateway in all, and of queries that ask a subgraph.',
  labels: ['of'],
})

/** Measures the process, and lets its limits be read, until stopped. */
export const watchLoads = (loads: Loads): Running =>
  together([
    watchLoop(loads.own, loads.lateness),
    limits.from(() => loads.all().map(([name, { limit }]) => [{ of: name }, Math.floor(limit)])),
    underWay.from(() => loads.all().map(([name, load]) => [{ of: name }, load.underWay])),
  ])
