import { z } from 'zod'

/** Where the broker's faults are; all others are at services, by their names in the table of services. */
export const broker = 'broker'

const on = z.string()

/** What is made to go wrong on purpose, at a service or at the broker. */
export const fault = z.discriminatedUnion('kind', [
  /** Each request waits. */
  z.object({ kind: z.literal('latency'), on, ms: z.int().min(1).max(30_000) }),
  /** A share of the requests is answered with 500. */
  z.object({ kind: z.literal('errors'), on, percent: z.int().min(1).max(100) }),
  /** Nobody answers; without the broker, events are neither published nor consumed. */
  z.object({ kind: z.literal('outage'), on }),
  /** Each event that a queue of the service has handled is delivered once more. */
  z.object({ kind: z.literal('double-delivery'), on }),
])

export type Fault = z.output<typeof fault>

/** A fault that holds until a time, and why somebody wanted it. */
export const heldFault = fault.and(z.object({ reason: z.string(), endsAt: z.iso.datetime() }))

export type HeldFault = z.output<typeof heldFault>
