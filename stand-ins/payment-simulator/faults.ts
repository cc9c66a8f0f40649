import { z } from 'zod'

/** The kind of a request, by which a fault chooses the requests that it strikes. */
export type PaymentOperation = 'authorize' | 'capture' | 'cancel' | 'refund' | 'retrieve'

const which = {
  operation: z.enum(['authorize', 'capture', 'cancel', 'refund', 'retrieve', 'any']),
  probability: z.number().min(0).max(1).default(1),
  /** How often the fault strikes at most. */
  times: z.int().positive().optional(),
}

const fault = z.discriminatedUnion('kind', [
  z.strictObject({ ...which, kind: z.literal('slow'), delayMs: z.int().min(0).max(600_000).default(5_000) }),
  z.strictObject({ ...which, kind: z.enum(['error', 'keptError', 'lostAnswer', 'hang']) }),
])

/** Which faults strike, and the seed of their probability, so that a run can be repeated. */
export const faultSwitches = z.strictObject({ faults: z.array(fault), seed: z.int().optional() })

/**
 * A fault: `slow` waits before the work, `error` answers 500 and does no work, `keptError` does the same and stores that
 * answer under the idempotency key, `lostAnswer` does the work and closes the connection, `hang` never answers and does no work.
 */
export type Fault = z.output<typeof fault>

/** The faults that are switched on; none at first. */
export const createFaults = () => {
  let active: readonly (Fault & { readonly struck: number })[] = []
  let chance: () => number = Math.random

  return {
    /** Replaces all faults. */
    set: ({ faults, seed }: z.output<typeof faultSwitches>): void => {
      active = faults.map(fault => ({ ...fault, struck: 0 }))
      chance = seed === undefined ? Math.random : seeded(seed)
    },
    /** The faults, each with the number of times that it has struck. */
    list: () => active,
    /** The first fault that strikes this request. */
    strike: (operation: PaymentOperation): Fault | undefined => {
      const index = active.findIndex(
        fault =>
          (fault.operation === operation || fault.operation === 'any') &&
          fault.struck < (fault.times ?? Number.POSITIVE_INFINITY) &&
          chance() < fault.probability,
      )
      active = active.map((fault, at) => (at === index ? { ...fault, struck: fault.struck + 1 } : fault))
      return active[index]
    },
  }
}

/** Evenly spread numbers from 0 to 1 that a seed determines (mulberry32). */
const seeded = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
