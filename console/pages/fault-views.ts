/** What can be made to go wrong on purpose. */
export type FaultKind = 'latency' | 'errors' | 'outage' | 'double-delivery'

/** A fault that holds. */
export type FaultRow = {
  /** A service in the table of services, or `broker`. */
  readonly on: string
  readonly kind: FaultKind
  readonly title: string
  /** What it does, in words, such as `each request waits for 300 ms`. */
  readonly effect: string
  readonly reason: string
  readonly endsAt: string
}

/** Something at which faults can be set. */
export type FaultyPart = {
  readonly on: string
  readonly title: string
  /** Its part on the map; null if it is on none. */
  readonly partId: string | null
  readonly kinds: readonly FaultKind[]
  /** Whether a process of it takes faults from this console, and whether all of these know the latest ones. */
  readonly reach: 'none' | 'late' | 'whole'
}

/** The page of faults. */
export type FaultsView = {
  /** False in production: no process has a switch. */
  readonly areAllowed: boolean
  readonly faults: readonly FaultRow[]
  readonly parts: readonly FaultyPart[]
  /** What processes that follow this console read. */
  readonly held: readonly object[]
  readonly version: number
}

/** A fault as a mark on the map, such as `+300 ms`. */
export type MarkedFault = { readonly partId: string; readonly mark: string; readonly effect: string }
