import { setImmediate } from 'node:timers/promises'
import { GraphQLError } from 'graphql'
import { expect, it } from 'vitest'
import { createOpenSubscriptions } from './open-subscriptions.ts'
import type { PlannedSubscription, PlanSubscription } from './plan-subscription.ts'

const upstream = {
  url: 'http://orders.test/graphql',
  count: () => 0,
  subscribe: () => ({ stop: () => undefined }),
  stop: async () => undefined,
}

/** A subscription as it is planned on a graph. */
const plannedOn = (graph: string): PlannedSubscription => {
  const unused = () => Promise.reject(new Error('it is not executed here'))
  const compiled = { ready: () => unused, maxWriters: 0, maxPatterns: 0 }
  const plan = {
    queryPlan: { kind: 'QueryPlan' as const },
    compiled,
    events: undefined,
    restriction: undefined,
    maxAge: 0,
    fetches: 0,
    subgraphs: [],
    firstSubgraphs: [],
    tell: () => ({ bytes: new Uint8Array() }),
    overrides: '',
    bytes: 0,
  }
  return {
    operationName: undefined,
    prepared: { plan, values: {}, execute: unused },
    eventOperation: {
      serviceName: 'orders',
      operationName: undefined,
      variableUsages: [],
      query: 'subscription { changed }',
      resumable: undefined,
      stateKey: undefined,
    },
    upstream,
    key: graph,
    preparedFor: unused,
    complete: unused,
  }
}

const graph = () => {
  const planSubscription: PlanSubscription = () => Promise.reject(new Error('the test plans itself'))
  return { planSubscription }
}

/** Graphs that follow each other, and a subscription that was planned on the first one. */
const open = (now = graph()) => {
  const first = graph()
  let current = now
  let followed = async (_: { readonly planSubscription: PlanSubscription }): Promise<void> => undefined
  const openSubscription = createOpenSubscriptions({
    now: () => current,
    follow: follower => {
      followed = follower
    },
  })
  const plans = new Map<PlanSubscription, PromiseWithResolvers<PlannedSubscription>>()
  const planOn = ({ planSubscription }: { readonly planSubscription: PlanSubscription }) => {
    const planned = plans.get(planSubscription) ?? Promise.withResolvers<PlannedSubscription>()
    plans.set(planSubscription, planned)
    return planned
  }
  const ended: Error[] = []
  const subscription = openSubscription(plannedOn('first'), first.planSubscription, {
    plan: planSubscription => planOn({ planSubscription }).promise,
    end: error => void ended.push(error),
  })
  const replace = (next: { readonly planSubscription: PlanSubscription }) => {
    current = next
    return followed(next)
  }
  return { subscription, planOn, replace, ended, second: now }
}

it('waits for the plan on the graph of now if that has changed before the start', async () => {
  const { subscription, planOn, second } = open()
  const planned = Promise.resolve(subscription.planned())
  planOn(second).resolve(plannedOn('second'))
  expect((await planned).key).toBe('second')
})

it('stays with the newest plan if an older graph was slower to plan', async () => {
  const { subscription, planOn, replace, second } = open()
  const third = graph()
  const replaced = replace(third)
  planOn(third).resolve(plannedOn('third'))
  await replaced
  planOn(second).resolve(plannedOn('second'))
  await setImmediate()
  expect((await subscription.planned()).key).toBe('third')
})

it('has no plan any more once it can not go on', async () => {
  const { subscription, planOn, ended, second } = open()
  planOn(second).reject(new GraphQLError('no such field'))
  await expect(Promise.resolve(subscription.planned())).rejects.toMatchObject({
    extensions: { code: 'SCHEMA_CHANGED' },
  })
  expect(ended).toHaveLength(1)
})
