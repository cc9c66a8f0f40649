import { defineNumber } from '@supergraph/metrics/metrics.ts'
import type { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { gatewayError } from '../errors.ts'
import type { Loads } from './loads.ts'
import { type Priority, priorities } from './priorities.ts'

/** After how many seconds a client that was refused may come again. */
export const retryAfterSeconds = 1

/** Which part of a limit operations of a priority, and of those below it, may fill together. */
const shares = {
  report: 0.5,
  read: 0.75,
  write: 0.9,
  checkout: 1,
  probe: Number.POSITIVE_INFINITY,
} as const satisfies Record<Priority, number>

const shedOperations = defineNumber({
  kind: 'count',
  name: 'supergraph_operations_shed_total',
  help: 'Operations that were refused with SERVICE_UNAVAILABLE, or answered without the fields of a subgraph, since too many were under way; by priority, the least first report, read, write or checkout, and by what was busy: gateway or a subgraph.',
  labels: ['priority', 'busy'],
})

type NamedLoad = readonly [name: string, load: LoadLimit]

/** What an operation asks, by the names of subgraphs. */
export type Asks = {
  readonly subgraphs: readonly string[]
  /** Those that are asked before anything is known: without all of them there is no answer. */
  readonly firstSubgraphs: readonly string[]
}

/** An operation that has begun, which has to `leave` again. */
export type Begun = {
  /** The subgraphs that it is not to ask. */
  readonly busy: readonly string[]
  readonly leave: () => void
}

/** For what asks no subgraph, or is not under the limits of subgraphs. */
export const asksNothing: Asks = { subgraphs: [], firstSubgraphs: [] }

const none: readonly string[] = []
const gateway = ['gateway'] as const
const missedForMs = 1_000

/** Lets operations begin as long as what they need is not busy, those that matter most for the longest. */
export type Shedding = ReturnType<typeof createShedding>

/** Lets operations begin by the limits of their process, and of the subgraphs that they ask. */
export const createShedding = (loads: Loads) => {
  const known = new WeakMap<Asks, readonly NamedLoad[]>()
  /** When the last query that people wait for was refused, or answered without what a subgraph would have told. */
  let missedAtMs = Number.NEGATIVE_INFINITY

  const loadsOf = (asks: Asks): readonly NamedLoad[] => {
    let found = known.get(asks)
    if (found === undefined) {
      found = asks.subgraphs.map(name => [name, loads.of(name)] as const)
      known.set(asks, found)
    }
    return found
  }

  const count = (priority: Priority, busy: string): void => {
    shedOperations.of({ priority, busy }).value += 1
  }

  const refuse = (priority: Priority, busy: readonly string[], nowMs: number): never => {
    if (priority === 'read') missedAtMs = nowMs
    for (const name of busy) count(priority, name)
    throw refusal
  }

  /** Throws SERVICE_UNAVAILABLE if an operation is not to begin; gives the subgraphs that it is not to ask otherwise. */
  const check = (asks: Asks, priority: Priority): readonly string[] => {
    const share = shares[priority]
    const nowMs = performance.now()
    if (!loads.own.hasRoom(share, nowMs) || loads.isFarBehind(share, nowMs)) refuse(priority, gateway, nowMs)
    // n.b. whatever a report asks may be on the machine, or in the database server, that the others wait for
    if (priority === 'report' && nowMs - missedAtMs < missedForMs) refuse(priority, gateway, nowMs)
    let busy = none
    for (const [name, load] of loadsOf(asks)) if (!load.hasRoom(share, nowMs)) busy = [...busy, name]
    if (busy === none) return none
    const { firstSubgraphs } = asks
    // n.b. if it is not one slow subgraph, but everything that has too much to do, one more whole answer is better than two in part
    if (
      loads.own.isLowered ||
      firstSubgraphs.every(name => busy.includes(name) || loads.of(name).wasLowered(nowMs))
    )
      refuse(priority, firstSubgraphs, nowMs)
    if (priority === 'read') missedAtMs = nowMs
    return busy
  }

  return {
    check: (asks: Asks, priority: Priority): void => void check(asks, priority),
    /** Counts an operation that begins; throws SERVICE_UNAVAILABLE if it may not. */
    begin: (asks: Asks, priority: Priority): Begun => {
      const busy = check(asks, priority)
      for (const name of busy) count(priority, name)
      const asked = busy === none ? loadsOf(asks) : loadsOf(asks).filter(([name]) => !busy.includes(name))
      loads.own.enter()
      for (const [, load] of asked) load.enter()
      return {
        busy,
        leave: () => {
          loads.own.leave()
          for (const [, load] of asked) load.leave()
        },
      }
    },
  }
}

/** The counts begin with 0, so that the first refusal is an increase. */
for (const priority of priorities) shedOperations.of({ priority, busy: 'gateway' })

// n.b. one for all: to make an error takes longer than all else that is done for what is refused
const refusal = gatewayError(
  'SERVICE_UNAVAILABLE',
  `Too much is asked at the moment: nothing was done. Send the same again after ${retryAfterSeconds} s.`,
)
