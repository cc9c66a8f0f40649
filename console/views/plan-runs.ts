import type { DataSource } from 'typeorm'
import { findPlans } from '../database/plan-store.ts'
import type { PlanRun } from '../pages/views.ts'
import { planIdKey, planTextKey, readPlan } from '../traces/query-plan.ts'
import { type Span, textOf } from '../traces/span.ts'
import { isOperation } from '../traces/summary.ts'

const maxRuns = 20

/** The plans that were run in a trace: that of the operation first, then those that completed events. */
export const readPlanRuns = async (
  database: DataSource,
  spans: readonly Span[],
): Promise<readonly PlanRun[]> => {
  const runs = spans
    .filter(span => textOf(span, planIdKey) !== undefined)
    .toSorted((a, b) => Number(isOperation(b)) - Number(isOperation(a)))
    .slice(0, maxRuns)
  const texts = await findPlans(database, [...new Set(runs.flatMap(span => textOf(span, planIdKey) ?? []))])
  return runs.map(span => {
    const planId = textOf(span, planIdKey) ?? ''
    const text = texts.get(planId)
    return {
      spanId: span.spanId,
      title: [span.name, textOf(span, 'graphql.operation.name')].filter(Boolean).join(' '),
      planId,
      plan: (text === undefined ? undefined : readPlan(planId, text)) ?? null,
      joined: span.attributes['supergraph.shared'] === true ? (span.links[0] ?? null) : null,
    }
  })
}

/** The spans as they came, so that they tell their plans wherever they are read. */
export const withPlans = async (database: DataSource, spans: readonly Span[]): Promise<readonly Span[]> => {
  const tellers = new Map(
    spans.toReversed().flatMap(span => {
      const id = textOf(span, planIdKey)
      return id === undefined ? [] : [[id, span] as const]
    }),
  )
  const texts = await findPlans(database, [...tellers.keys()])
  return spans.map(span => {
    const id = textOf(span, planIdKey) ?? ''
    const text = tellers.get(id) === span ? texts.get(id) : undefined
    return text === undefined ? span : { ...span, attributes: { ...span.attributes, [planTextKey]: text } }
  })
}
