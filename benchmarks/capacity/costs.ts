import { z } from 'zod'

/** ms of CPU that a batch costs whatever its size, and that each event in it adds. */
const batch = z.object({ perBatch: z.number(), perEvent: z.number() })

/**
 * What was measured by itself, in ms of CPU unless it says otherwise. Of a Node process it is the main thread; the other
 * threads of all of them (the collector, the compiler, the pool) are the helpers. No throughput is part of it.
 */
export const costs = z.object({
  /** How long the disk takes to flush what a commit has written. */
  flushMs: z.number(),
  /** Events into an outbox, one transaction for each batch. */
  append: z.object({ here: batch, helpers: batch, database: batch }),
  /** Events out of an outbox, to whoever does nothing with them. */
  relay: z.object({ here: batch, helpers: batch, database: batch }),
  /** Events from a relay to the broker, and from there into an inbox. */
  consume: z.object({ here: batch, helpers: batch, database: batch, broker: batch }),
  /** Events from a relay to the broker, and from there to a socket each. */
  live: z.object({
    here: batch,
    worker: batch,
    gateway: batch,
    helpers: batch,
    database: batch,
    broker: batch,
  }),
  /** Checkouts that are asked for together, without what the relays do. */
  checkout: z.object({
    client: batch,
    orders: batch,
    products: batch,
    payments: batch,
    helpers: batch,
    database: batch,
  }),
  /** Events that a checkout leaves in each outbox. */
  eventsPerCheckout: z.object({ orders: z.number(), products: z.number() }),
  /** One of the two statements that lock a product, sent by bare pg. */
  lock: z.object({ client: z.number(), helpers: z.number(), database: z.number() }),
  /** Pages of 20 products, asked for together. */
  page: z.object({ client: batch, gateway: batch, products: batch, helpers: batch, database: batch }),
  /** Resident memory of an idle subscriber, in bytes. */
  socketBytes: z.object({ gateway: z.number(), worker: z.number() }),
})

export type Costs = Readonly<z.output<typeof costs>>
export type BatchCost = Readonly<z.output<typeof batch>>

/** What the system did a second: what the simulation has to come near to. */
export const measured = z.object({
  /** By the number of clients. */
  checkouts: z.record(z.string(), z.number()),
  pages: z.record(z.string(), z.number()),
  hotRow: z.number(),
  outboxToInbox: z.number(),
  deliveries: z.number(),
})

export type Measured = Readonly<z.output<typeof measured>>

/** The clients with which checkouts and pages are measured; their costs are measured with other numbers of clients. */
export const clientCounts = [1, 16, 64] as const

/** Events for sockets: more a second than arrive, so that what arrives is what the live path can. */
export const offered = { perSecond: 5_000, events: 6_000 } as const

/** ms of CPU that a batch of so many events costs after a rest. */
export const costOf = ({ perBatch, perEvent }: BatchCost, events: number): number =>
  perBatch + perEvent * events

/** ms of CPU that a batch costs: what a burst costs whatever its size is the first one's alone. */
export const costWithin = (cost: BatchCost, events: number, isFirst: boolean): number =>
  isFirst ? costOf(cost, events) : cost.perEvent * events

/** n.b. the clock of a process has steps of 10 ms: a difference of small costs could come out below nothing. */
export const less = (a: number, b: number): number => Math.max(0, a - b)

export const lessBatch = (a: BatchCost, b: BatchCost): BatchCost => ({
  perBatch: less(a.perBatch, b.perBatch),
  perEvent: less(a.perEvent, b.perEvent),
})
