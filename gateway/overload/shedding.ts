import { defineNumber } from '@supergraph/metrics/metrics.ts'
import type { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { gatewayError } from '../errors.ts'
import type { Loads } from './loads.ts'
import { type Priority, priorities } from './priorities.ts'

/** After how many seconds a client that was refused may come again. */
export const retryAfterSeconds = 1

/** Which part of a limit operations of a priority, and of those below it, may fill together. */
const shares = { report: 0.5, read: 0.75, write: 0.9, checkout: 1 } as const satisfies Record<
  Priority,
  number
>

const shedOperations = defineNumber({
  kind: 'count',
  name: 'supergraph_operations_shed_total',
  help: 'Operations that were refused with SERVICE_UNAVAILABLE, since too many were under way; by priority, the least first report, read, write or checkout, and by what was busy: gateway or a subgraph.',
  labels: ['priority', 'busy'],
})

/** The limits that an operation is under. */
export type LoadsOfPlan = readonly (readonly [name: string, load: LoadLimit])[]

/** Lets operations begin as long as what they need is not busy, those that matter most for the longest. */
export type Shedding = ReturnType<typeof createShedding>

/** Lets operations begin by the limits of their process, and of the subgraphs that they ask. */
export const createShedding = (loads: Loads) => {
  const known = new WeakMap<object, LoadsOfPlan>()

  /** Throws SERVICE_UNAVAILABLE if an operation is not to begin. */
  const check = (needed: LoadsOfPlan, priority: Priority): void => {
    const share = shares[priority]
    for (const [name, load] of needed) {
      if (load.hasRoom(share)) continue
      shedOperations.of({ priority, busy: name }).value += 1
      throw gatewayError('SERVICE_UNAVAILABLE', busy)
    }
  }

  return {
    check,
    /** The limits of what a plan needs: the process, and the subgraphs that it asks. */
    neededBy: (plan: { readonly subgraphs: readonly string[] }): LoadsOfPlan => {
      let needed = known.get(plan)
      if (needed === undefined) {
        needed = [['gateway', loads.own], ...plan.subgraphs.map(name => [name, loads.of(name)] as const)]
        known.set(plan, needed)
      }
      return needed
    },
    /** Counts an operation that begins, which has to `leave` again; throws SERVICE_UNAVAILABLE if it may not. */
    enter: (needed: LoadsOfPlan, priority: Priority): void => {
      check(needed, priority)
      for (const [, load] of needed) load.enter()
    },
    leave: (needed: LoadsOfPlan): void => {
      for (const [, load] of needed) load.leave()
    },
  }
}

/** The counts begin with 0, so that the first refusal is an increase. */
for (const priority of priorities) shedOperations.of({ priority, busy: 'gateway' })

const busy = `Too much is asked at the moment: nothing was done. Send the same again after ${retryAfterSeconds} s.`
