import { setImmediate } from 'node:timers/promises'
import type { GraphQLError } from 'graphql'
import type { CurrentGraph } from '../current-graph.ts'
import { gatewayError } from '../errors.ts'
import type { PlannedSubscription, PlanSubscription } from './plan-subscription.ts'

/** A subscription that is open, whatever graph it began on. */
export type OpenSubscription = {
  /** Its plan on the graph of now. */
  readonly planned: () => PlannedSubscription
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
    const follow = async (planSubscription: PlanSubscription): Promise<void> => {
      const next = await plan(planSubscription).catch(() => undefined)
      if (!open.has(follow)) return
      if (next !== undefined && 'prepared' in next && asksTheSame(first, next)) planned = next
      else end(schemaChanged())
    }
    open.add(follow)
    // n.b. the graph may have changed between the plan and the start
    const { planSubscription } = current.now()
    if (planSubscription !== plannedWith) void follow(planSubscription)
    return { planned: () => planned, leave: () => void open.delete(follow) }
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
