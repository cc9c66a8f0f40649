/** A moment of what is live. */
export type LivePoint = {
  readonly atMs: number
  readonly sockets: number
  readonly subscriptions: number
  readonly eventsPerSecond: number
}

/** What has changed of late, by the name of an operation, and by the code of a close. */
export type LiveRates = {
  readonly eventsPerSecond: Readonly<Record<string, number>>
  readonly closesPerSecond: Readonly<Record<string, number>>
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
  }[]
  /** What the gateway itself subscribes to, which subscriptions of clients share. */
  readonly upstreams: readonly { readonly subgraph: string; readonly open: number }[]
  readonly closes: readonly { readonly code: string; readonly count: number; readonly perSecond: number }[]
  readonly points: readonly LivePoint[]
  readonly deliveries: readonly Delivery[]
}
