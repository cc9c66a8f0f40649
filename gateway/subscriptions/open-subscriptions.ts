import { setImmediate } from 'node:timers/promises'
import type { GraphQLError } from 'graphql'
import type { CurrentGraph } from '../current-graph.ts'
import { gatewayError } from '../errors.ts'
import type { PlannedSubscription, PlanSubscription } from './plan-subscription.ts'

/** Who is told what becomes of a subscription when the graph changes. */
export type Followed = {
  readonly plan: (
    planSubscription: PlanSubscription,
  ) => Promise<PlannedSubscription | readonly GraphQLError[]>
  readonly end: (error: Error) => void
}
type SubscriptionGraph = { readonly planSubscription: PlanSubscription }

const sliceMs = 10

/**
 * Keeps open subscriptions on the graph of now. One whose plan on the next graph asks the same of the same subgraph goes
 * on, and its events are completed by that plan; any other ends with SCHEMA_CHANGED.
 */
export const createOpenSubscriptions = (current: Pick<CurrentGraph<SubscriptionGraph>, 'now' | 'follow'>) => {
  const open = new Set<OpenSubscription>()

  current.follow(async ({ planSubscription }) => {
    let sliceBeganAt = performance.now()
    for (const subscription of [...open]) {
      await subscription.follow(planSubscription)
      if (performance.now() - sliceBeganAt < sliceMs) continue
      await setImmediate()
      sliceBeganAt = performance.now()
    }
  })

  /** Opens a subscription that was planned with `plannedWith`. */
  return (
    first: PlannedSubscription,
    plannedWith: PlanSubscription,
    followed: Followed,
  ): OpenSubscription => {
    const subscription = new OpenSubscription(open, first, followed)
    open.add(subscription)
    // n.b. the graph may have changed between the plan and the start, and the one of the plan may have stopped
    const { planSubscription } = current.now()
    if (planSubscription !== plannedWith) subscription.begin(planSubscription)
    return subscription
  }
}

/** A subscription that is open, whatever graph it began on. */
export class OpenSubscription {
  readonly #open: Set<OpenSubscription>
  readonly #followed: Followed
  #planned: PlannedSubscription
  #beginning: Promise<void> | undefined = undefined
  #over: GraphQLError | undefined = undefined
  #begun = 0
  #done = 0

  constructor(open: Set<OpenSubscription>, first: PlannedSubscription, followed: Followed) {
    this.#open = open
    this.#planned = first
    this.#followed = followed
  }

  /** Waits for the plan on a graph before there is any plan. */
  begin(planSubscription: PlanSubscription): void {
    this.#beginning = this.follow(planSubscription).then(() => {
      this.#beginning = undefined
    })
  }

  async follow(planSubscription: PlanSubscription): Promise<void> {
    this.#begun += 1
    const turn = this.#begun
    const next = await this.#followed.plan(planSubscription).catch(() => undefined)
    // n.b. a graph that came later may have been faster
    if (!this.#open.has(this) || turn < this.#done) return
    this.#done = turn
    if (next !== undefined && 'prepared' in next && asksTheSame(this.#planned, next)) this.#planned = next
    else {
      this.#over = schemaChanged()
      this.#followed.end(this.#over)
    }
  }

  /** Its plan on a graph that still runs; throws SCHEMA_CHANGED if there is none. */
  planned(): PlannedSubscription | Promise<PlannedSubscription> {
    return this.#beginning === undefined ? this.#plannedNow() : this.#beginning.then(() => this.#plannedNow())
  }

  /** Ends that it follows the graph. */
  leave(): void {
    this.#open.delete(this)
  }

  #plannedNow(): PlannedSubscription {
    if (this.#over !== undefined) throw this.#over
    return this.#planned
  }
}

const asksTheSame = (one: PlannedSubscription, other: PlannedSubscription): boolean =>
  one.upstream === other.upstream && asked(one) === asked(other)

/** What the plan asks of the subgraph that sends the events. */
const asked = ({ eventOperation, prepared: { values } }: PlannedSubscription): string => {
  const { query, operationName, variableUsages } = eventOperation
  return JSON.stringify([query, operationName, variableUsages.map(name => [name, values[name]])])
}

const schemaChanged = () =>
  gatewayError(
    'SCHEMA_CHANGED',
    'The schema has changed, and this subscription can not go on with it: subscribe again from the last cursor that you received.',
  )
