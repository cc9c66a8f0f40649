/** A moment of what is live. */
export type LivePoint = {
  readonly atMs: number
  readonly sockets: number
  readonly subscriptions: number
  readonly eventsPerSecond: number
  /** Null if no event was sent since the moment before. */
  readonly ageP95Us: number | null
}

/** How old half, 95 % and 99 % of the events were at most when they were written to clients. */
export type Ages = { readonly p50Us: number; readonly p95Us: number; readonly p99Us: number }

/** Ages in the last 10 seconds, and in the last 5 minutes as far as somebody looked; null if no event was sent. */
export type LateAges = { readonly now: Ages | null; readonly minutes: Ages | null }

/** What has changed of late, by the name of an operation, and by the code of a close. */
export type LiveRates = {
  readonly eventsPerSecond: Readonly<Record<string, number>>
  readonly closesPerSecond: Readonly<Record<string, number>>
  readonly ages: {
    readonly all: LateAges
    readonly byOperation: Readonly<Record<string, LateAges>>
    readonly bySubgraph: Readonly<Record<string, LateAges>>
  }
  readonly points: readonly LivePoint[]
}

/** An event that the gateway completed for subscriptions. */
export type Delivery = {
  readonly traceId: string
  readonly spanId: string
  readonly atUs: number
  readonly operation: string | null
  /** Where the subscription goes on after it. */
  readonly cursor: string | null
  readonly durationUs: number
  /** From the beginning of its trace, which may be the click that caused it. */
  readonly ageUs: number
  readonly error: string | null
}

/** The page of what is live. */
export type LiveView = {
  /** Why nothing can be read; null if it can. */
  readonly trouble: string | null
  /** How many processes of the gateway these are the values of. */
  readonly processes: number
  readonly sockets: number
  /** Answers as server-sent events. */
  readonly streams: number
  /** Subscriptions that ended since their clients read too slowly. */
  readonly slow: number
  readonly subscriptions: readonly {
    /** Of a recorded operation, or `other`. */
    readonly operation: string
    readonly open: number
    readonly events: number
    readonly perSecond: number
    readonly slow: number
    readonly ages: LateAges
  }[]
  /** What the gateway itself subscribes to, which subscriptions of clients share. */
  readonly upstreams: readonly { readonly subgraph: string; readonly open: number }[]
  /** Of the events of all subscriptions, and by the subgraph that sends them. */
  readonly ages: LateAges & { readonly bySubgraph: readonly (LateAges & { readonly subgraph: string })[] }
  readonly closes: readonly { readonly code: string; readonly count: number; readonly perSecond: number }[]
  readonly points: readonly LivePoint[]
  readonly deliveries: readonly Delivery[]
}
