import { defineReading } from '@supergraph/metrics/metrics.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { loopLimit, watchLoop } from '@supergraph/runtime/load/loop-lateness.ts'

/** How many operations may be under way in this process, and how many of them that ask each subgraph. */
export type Loads = ReturnType<typeof createLoads>

// n.b. people wait so long rather than be refused
const ofSubgraph = { targetMs: 150, samples: 10 }

/** The limits that a gateway finds, by the subgraphs' names; they outlive a supergraph. */
export const createLoads = () => {
  const own = new LoadLimit(loopLimit)
  const subgraphs = new Map<string, LoadLimit>()
  return {
    /** That of the process itself. */
    own,
    of: (subgraph: string): LoadLimit => {
      let load = subgraphs.get(subgraph)
      if (load === undefined) {
        load = new LoadLimit(ofSubgraph)
        subgraphs.set(subgraph, load)
      }
      return load
    },
    all: (): readonly (readonly [name: string, load: LoadLimit])[] => [['gateway', own], ...subgraphs],
  }
}

const limits = defineReading({
  kind: 'level',
  name: 'supergraph_load_limit',
  help: 'How many operations may be under way at a time, as found from how long work waits; of the gateway in all, and of those that ask a subgraph.',
  labels: ['of'],
})

const underWay = defineReading({
  kind: 'level',
  name: 'supergraph_load_under_way',
  help: 'Operations that are under way; of the gateway in all, and of those that ask a subgraph.',
  labels: ['of'],
})

/** Measures the process, and lets its limits be read, until stopped. */
export const watchLoads = (loads: Loads): Running =>
  together([
    watchLoop(loads.own),
    limits.from(() => loads.all().map(([name, { limit }]) => [{ of: name }, Math.floor(limit)])),
    underWay.from(() => loads.all().map(([name, load]) => [{ of: name }, load.underWay])),
  ])
