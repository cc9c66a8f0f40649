import { setImmediate } from 'node:timers/promises'
import type { GraphQLError } from 'graphql'
import type { CurrentGraph } from '../current-graph.ts'
import { gatewayError } from '../errors.ts'
import type { PlannedSubscription, PlanSubscription } from './plan-subscription.ts'

/** A subscription that is open, whatever graph it began on. */
export type OpenSubscription = {
  /** Its plan on a graph that still runs; throws SCHEMA_CHANGED if there is none. */
  readonly planned: () => PlannedSubscription | Promise<PlannedSubscription>
  /** Ends that it follows the graph. */
  readonly leave: () => void
}

type Followed = {
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
  const open = new Set<(planSubscription: PlanSubscription) => Promise<void>>()

  current.follow(async ({ planSubscription }) => {
    let sliceBeganAt = performance.now()
    for (const follow of [...open]) {
      await follow(planSubscription)
      if (performance.now() - sliceBeganAt < sliceMs) continue
      await setImmediate()
      sliceBeganAt = performance.now()
    }
  })

  /** Opens a subscription that was planned with `plannedWith`. */
  return (
    first: PlannedSubscription,
    plannedWith: PlanSubscription,
    { plan, end }: Followed,
  ): OpenSubscription => {
    let planned = first
    let over: GraphQLError | undefined
    let begun = 0
    let done = 0
    const follow = async (planSubscription: PlanSubscription): Promise<void> => {
      begun += 1
      const turn = begun
      const next = await plan(planSubscription).catch(() => undefined)
      // n.b. a graph that came later may have been faster
      if (!open.has(follow) || turn < done) return
      done = turn
      if (next !== undefined && 'prepared' in next && asksTheSame(first, next)) planned = next
      else {
        over = schemaChanged()
        end(over)
      }
    }
    open.add(follow)
    // n.b. the graph may have changed between the plan and the start, and the one of the plan may have stopped
    const { planSubscription } = current.now()
    const beginning = planSubscription === plannedWith ? undefined : follow(planSubscription)
    const plannedNow = (): PlannedSubscription => {
      if (over !== undefined) throw over
      return planned
    }
    return {
      planned: () => (beginning === undefined ? plannedNow() : beginning.then(plannedNow)),
      leave: () => void open.delete(follow),
    }
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
