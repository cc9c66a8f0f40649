import { type Span, textOf } from './span.ts'

/** What the gateway fetches for an operation. */
export type QueryPlan = {
  readonly id: string
  /** What brings the events of a subscription, which the steps complete. */
  readonly events: FetchStep | null
  readonly steps: PlanStep | null
  /** The fields that the operation selects, such as `Product.name`. */
  readonly fields: readonly string[]
}

export type PlanStep =
  | FetchStep
  | { readonly kind: 'sequence' | 'parallel'; readonly nodes: readonly PlanStep[] }
  | {
      readonly kind: 'condition'
      readonly variable: string
      readonly ifTrue: PlanStep | null
      readonly ifFalse: PlanStep | null
    }

export type FetchStep = {
  readonly kind: 'fetch'
  /** By which spans name it; null for what brings events. */
  readonly number: number | null
  readonly subgraph: string
  /** Where in the answer it fetches, with `@` for each element of a list. */
  readonly path: readonly string[]
  /** What it needs of each entity; null if it asks for no entities. */
  readonly requires: string | null
  /** What is sent, without values. */
  readonly operation: string
  /** The paths of what it brings, below its own. */
  readonly brings: readonly string[]
}

/** All fetches of a plan. */
export const fetchesIn = ({ steps, events }: Pick<QueryPlan, 'steps' | 'events'>): readonly FetchStep[] => [
  ...(events === null ? [] : [events]),
  ...(steps === null ? [] : within(steps)),
]

const within = (step: PlanStep): readonly FetchStep[] => {
  switch (step.kind) {
    case 'fetch':
      return [step]
    case 'condition':
      return [step.ifTrue, step.ifFalse].flatMap(inner => (inner === null ? [] : within(inner)))
    default:
      return step.nodes.flatMap(within)
  }
}

/** The spans of a fetch's requests; one request may be of several fetches. */
export const spansOf = ({ number }: FetchStep, spans: readonly Span[]): readonly Span[] =>
  number === null
    ? []
    : spans.filter(span => textOf(span, 'supergraph.fetch.numbers')?.split(' ').includes(String(number)))

/** All places of an answer that a plan fills, as `orders.@.name`; n.b. whether a key holds a list, only paths of fetches say. */
export const placesOf = (plan: QueryPlan): readonly string[] => [
  ...new Set(fetchesIn(plan).flatMap(({ path, brings }) => brings.map(inner => [...path, inner].join('.')))),
]
