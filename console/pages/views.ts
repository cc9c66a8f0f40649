import type { GraphField, GraphType } from '../graph/fields.ts'
import type { SystemMap } from '../system-map.ts'
import type { EventStep } from '../traces/event-way.ts'
import type { LogLine } from '../traces/log-line.ts'
import type { SagaStep } from '../traces/order-saga.ts'
import type { QueryPlan } from '../traces/plan.ts'
import type { Span, SpanLink } from '../traces/span.ts'
import type { MarkedFault } from './fault-views.ts'

/** A trace in the list of requests. */
export type TraceRow = {
  readonly traceId: string
  readonly startedAt: string
  readonly endedAt: string
  /** Null until the span that began the trace has come. */
  readonly kind: 'request' | 'work' | null
  readonly name: string | null
  readonly service: string | null
  readonly client: string | null
  readonly durationUs: number | null
  readonly isFailed: boolean
  readonly isPlanCached: boolean | null
  readonly isShared: boolean
  readonly spans: number
  readonly errors: number
  readonly calls: number
  readonly statements: number
}

/** What one step of the chart above the list holds. */
export type ChartPoint = {
  readonly atMs: number
  readonly traces: number
  readonly failed: number
  readonly p95Us: number | null
}

/** The page of requests. */
export type RequestsView = {
  readonly traces: readonly TraceRow[]
  readonly total: number
  readonly stepMs: number
  readonly points: readonly ChartPoint[]
  /** The address of the next older page; null on the last one. */
  readonly older: string | null
  readonly counts: {
    readonly taken: number
    readonly stored: number
    readonly leftOut: number
    readonly dropped: number
    readonly waiting: number
  }
}

/** The page of one request. */
export type RequestView = {
  readonly trace: TraceRow
  readonly spans: readonly Span[]
  /** The plans that the gateway ran: that of the operation first. */
  readonly runs: readonly PlanRun[]
  /** The lines of the logs that were written in it. */
  readonly lines: readonly LogLine[]
  /** What was asked, if the document is known here. */
  readonly operation: OperationView | null
}

/** A plan that a span ran. */
export type PlanRun = {
  readonly spanId: string
  readonly title: string
  readonly planId: string
  /** Null if it was never told here. */
  readonly plan: QueryPlan | null
  /** The equal run elsewhere whose answer this one got; null if it ran by itself. */
  readonly joined: SpanLink | null
}

export type OperationView = {
  readonly name: string
  readonly document: string
  /** The operation's variables, with null for each value: values are not kept. */
  readonly variables: Readonly<Record<string, null>>
  /** Where the gateway takes operations. */
  readonly gatewayUrl: string
}

/** A thing that traces were about, such as an order. */
export type SubjectRow = {
  readonly id: string
  readonly label: string
  readonly firstAt: string
  readonly lastAt: string
  readonly traces: number
  readonly isFailed: boolean
}

/** What passes between two parts of the system. */
export type Traffic = {
  readonly source: string
  readonly target: string
  readonly perSecond: number
  readonly passages: number
  readonly failures: number
  readonly p95Us: number
}

/** The page of the map; a part's page is the same map with the part's entry open. */
export type MapView = SystemMap & {
  readonly traffic: readonly Traffic[]
  /** The latest lines of the log of the part whose entry is open. */
  readonly lines: readonly LogLine[]
  readonly minutes: number
  /** The project's folder, if the page may open files in an editor. */
  readonly folder: string | null
  readonly faults: readonly MarkedFault[]
}

export type EventsView = {
  readonly events: readonly SubjectRow[]
  /** All types of events. */
  readonly types: readonly string[]
  readonly deadLetters: number | null
}

/** The page of one event. */
export type EventView = {
  readonly id: string
  readonly type: string
  readonly subject: string | null
  readonly source: string | null
  readonly version: number | null
  readonly steps: readonly EventStep[]
  /** The queues that take events of this type, and whether each has handled this one. */
  readonly queues: readonly { readonly queue: string; readonly isHandled: boolean }[]
  readonly traceIds: readonly string[]
}

type ShopMoney = { readonly amountMinor: number; readonly currency: string }

/** What the shop says of an order. */
export type ShopOrder = {
  readonly id: string
  readonly number: string
  readonly status: string
  readonly version: number
  readonly placedAt: string
  readonly total: { readonly amountMinor: number; readonly currency: string }
  readonly payment: {
    readonly status: string
    readonly method: string
    readonly refunds: readonly {
      readonly status: string
      readonly amount: ShopMoney
      readonly reason: string | null
      readonly requestedAt: string
    }[]
    readonly disputes: readonly {
      readonly id: string
      readonly status: string
      readonly amount: ShopMoney
      readonly reason: string
      readonly openedAt: string
      readonly respondBy: string | null
    }[]
  }
  readonly timeline: readonly {
    readonly status: string
    readonly at: string
    readonly reason: string | null
    readonly actor: string
  }[]
  /** What the shop does next for it; null if nothing is left to do. */
  readonly nextStep: {
    readonly kind: string
    readonly failedAttempts: number
    readonly dueAt: string
    readonly fence: number
    /** When it is given up if it has come no further; null if it is repeated until it is done. */
    readonly givenUpAt: string | null
  } | null
}

export type OrderRow = {
  readonly id: string
  readonly order: ShopOrder | null
  /** Whether a refund of it has failed, and nothing was returned since. */
  readonly owesRefund: boolean
  readonly seen: SubjectRow | null
}

export type OrdersView = {
  readonly orders: readonly OrderRow[]
  /** Why the shop's own word is missing; null if it is not. */
  readonly shopIsSilent: string | null
  /** Where the payment simulator shows its payments; null if it takes none. */
  readonly paymentsUrl: string | null
}

/** The page of one order. */
export type OrderView = {
  readonly id: string
  readonly order: ShopOrder | null
  readonly shopIsSilent: string | null
  readonly steps: readonly SagaStep[]
  readonly ledger: OrderLedger
  readonly traceIds: readonly string[]
  /** Where the payment simulator shows the payments of this order; null if it takes none. */
  readonly paymentsUrl: string | null
}

/** What all services have of an order, compared; `silence` is why that can't be told. */
export type OrderLedger = {
  readonly account: {
    /** Whether nothing is left to do for the order; what disagrees before may be under way. */
    readonly isAtRest: boolean
    readonly sides: readonly { readonly name: string; readonly says: string }[]
    readonly violations: readonly {
      readonly kind: string
      readonly meaning: string
      readonly detail: string
      readonly ids: readonly string[]
    }[]
  } | null
  readonly silence: string | null
}

/** A message that a queue gave up. */
export type DeadLetterRow = {
  readonly messageId: string
  readonly queue: string
  readonly type: string
  readonly subject: string
  readonly error: string
  readonly attempts: number
  readonly firstFailedAt: string
  readonly lastFailedAt: string
  readonly envelope: unknown
}

/** The page of dead letters. */
export type DeadLettersView = {
  readonly letters: readonly DeadLetterRow[]
  /** Why they can't be read; null if they can. */
  readonly trouble: string | null
}

/** How often a client ran an operation that selects a field; either may have no name. */
export type FieldUse = {
  readonly operation: string
  readonly client: string
  readonly uses: number
  readonly lastAt: string
}

export type FieldRow = GraphField & {
  /** The recorded operations that select it. */
  readonly recorded: readonly string[]
  /** Who has used it in the last two weeks, most uses first. */
  readonly uses: readonly FieldUse[]
}

/** The page of the schema; the page of a field is the same list with the field's entry open. */
/** The supergraph that the gateway serves. */
export type ServedSupergraph = {
  /** What tells it from others. */
  readonly supergraph: string
  /** The number of its version in the registry; `kept` if the registry has given it none yet, and null if it asks no registry. */
  readonly registryVersion: string | null
}

export type SchemaView = {
  /** Null while the gateway does not answer. */
  readonly served: ServedSupergraph | null
  readonly types: readonly (Omit<GraphType, 'fields'> & { readonly fields: readonly FieldRow[] })[]
}

/** The page of a recorded operation. */
export type RecordedOperationView = {
  readonly operation: OperationView
  /** The plan by which it ran last; null if it did not, or the plan was never told here. */
  readonly plan: QueryPlan | null
  readonly uses: readonly { readonly client: string; readonly uses: number; readonly lastAt: string }[]
}

/** Who looks. */
export type WhoView = {
  readonly who: string
  readonly role: string
  readonly mayAct: boolean
  /** Whether there is anything to sign out of. */
  readonly isSignedIn: boolean
}

/** Something that was done through the console. */
export type ActRow = {
  readonly id: string
  readonly begunAt: string
  /** Null if it is under way, or its process was killed. */
  readonly endedAt: string | null
  readonly who: string
  readonly role: string
  readonly address: string
  readonly act: string
  readonly about: string
  readonly reason: string
  readonly details: unknown
  readonly outcome: string | null
}

/** Something that staff or an admin did in the shop, also by other ways than the console. */
export type ShopAct = {
  readonly id: string
  readonly at: string
  readonly actorId: string | null
  readonly actor: { readonly name: string; readonly email: string | null } | null
  readonly clientAddress: string | null
  readonly act: string
  readonly about: { readonly kind: string; readonly id: string }
  readonly reason: string | null
  readonly changes: readonly {
    readonly field: string
    readonly before: string | null
    readonly after: string | null
  }[]
}

/** The page of the audit log. */
export type AuditView = {
  readonly acts: readonly ActRow[]
  readonly shopActs: readonly ShopAct[]
  /** Why the shop's own audit log is not there, if it is not. */
  readonly shopIsSilent: string | null
}
