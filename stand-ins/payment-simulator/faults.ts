import { z } from 'zod'

/** The kind of a request, by which a fault chooses the requests that it strikes. */
export type PaymentOperation = 'authorize' | 'capture' | 'cancel' | 'refund' | 'retrieve'

const which = {
  operation: z.enum(['authorize', 'capture', 'cancel', 'refund', 'retrieve', 'any']),
  probability: z.number().min(0).max(1).default(1),
  /** How often the fault strikes at most. */
  times: z.int().positive().optional(),
}

const delayMs = z.int().min(0).max(600_000).default(2_000)

const fault = z.discriminatedUnion('kind', [
  z.strictObject({ ...which, kind: z.literal('slow'), delayMs: z.int().min(0).max(600_000).default(5_000) }),
  z.strictObject({ ...which, kind: z.enum(['error', 'keptError', 'lostAnswer', 'hang']) }),
  z.strictObject({
    ...which,
    operation: z.enum(['authorize', 'approve', 'capture', 'refund']),
    kind: z.literal('processing'),
    delayMs,
    fails: z.boolean().default(false),
  }),
  z.strictObject({
    ...which,
    operation: z.enum(['capture', 'refund']),
    kind: z.literal('failsLater'),
    delayMs,
  }),
  z.strictObject({
    ...which,
    operation: z.literal('webhook'),
    kind: z.enum(['late', 'disordered']),
    delayMs,
  }),
  z.strictObject({ ...which, operation: z.literal('webhook'), kind: z.enum(['lost', 'doubled']) }),
])

/** Which faults strike, and the seed of their probability, so that a run can be repeated. */
export const faultSwitches = z.strictObject({ faults: z.array(fault), seed: z.int().optional() })

/**
 * A fault: `slow` waits before the work, `error` answers 500 and does no work, `keptError` does the same and stores that
 * answer under the idempotency key, `lostAnswer` does the work and closes the connection, `hang` never answers and does no work, `processing` lets the bank answer after the delay and then refuse if
 * `fails`, `failsLater` answers that all is well and fails after the delay. Faults of an event
 * that is to be sent (`webhook`): `late` sends it after the delay, `disordered` after a random part of the delay, `lost` never,
 * and `doubled` twice at once.
 */
export type Fault = z.output<typeof fault>

/** A fault that makes the bank answer later, or take its answer back. */
export type BankFault = Extract<Fault, { readonly kind: 'processing' | 'failsLater' }>

/** The fault, if it is one of the bank. */
export const ofBank = (fault: Fault | undefined): BankFault | undefined =>
  fault?.kind === 'processing' || fault?.kind === 'failsLater' ? fault : undefined

type WebhookFault = Extract<Fault, { readonly operation: 'webhook' }>
type RequestFault = Exclude<Fault, WebhookFault>
type Struck = { readonly struck: number }

/** The faults that are switched on. */
export type Faults = ReturnType<typeof createFaults>

/** The faults that are switched on; none at first. */
export const createFaults = () => {
  let active: readonly (Fault & Struck)[] = []
  let chance: () => number = Math.random

  const strike = <Kind extends Fault & Struck>(isMeant: (fault: Fault & Struck) => fault is Kind) => {
    const hit = active
      .filter(isMeant)
      .find(fault => fault.struck < (fault.times ?? Number.POSITIVE_INFINITY) && chance() < fault.probability)
    active = active.map(fault => (fault === hit ? { ...fault, struck: fault.struck + 1 } : fault))
    return hit
  }

  return {
    /** Replaces all faults. */
    set: ({ faults, seed }: z.output<typeof faultSwitches>): void => {
      active = faults.map(fault => ({ ...fault, struck: 0 }))
      chance = seed === undefined ? Math.random : seeded(seed)
    },
    /** The faults, each with the number of times that it has struck. */
    list: () => active,
    /** The first fault that strikes this request. */
    strike: (operation: PaymentOperation) =>
      strike((fault): fault is RequestFault & Struck => {
        return !isOfWebhooks(fault) && (fault.operation === operation || fault.operation === 'any')
      }),
    /** The first fault that strikes what the bank says to an approval. */
    strikeApproval: () => strike(isOfApprovals),
    /** The first fault that strikes an event that is to be sent. */
    strikeWebhook: () => strike(isOfWebhooks),
    /** The next number from 0 to 1 that the seed determines. */
    chance: () => chance(),
  }
}

const isOfApprovals = (fault: Fault & Struck): fault is BankFault & Struck => fault.operation === 'approve'

const isOfWebhooks = (fault: Fault & Struck): fault is WebhookFault & Struck => fault.operation === 'webhook'

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
