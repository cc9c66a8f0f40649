import { defineReading, keptFor } from '@supergraph/metrics/metrics.ts'
import { rows } from '@supergraph/postgres/statements.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'

const steps = defineReading({
  kind: 'level',
  name: 'supergraph_checkout_steps',
  help: 'Orders by the step of the checkout that is under way or comes next, counted to 10,000 at most.',
  labels: ['step'],
})

const oldestSeconds = defineReading({
  kind: 'level',
  name: 'supergraph_checkout_overdue_seconds',
  help: 'For how long the step that waits longest has been due; 0 if none is due.',
  labels: [],
})

const keptMs = 5_000

// n.b. the index orders_due holds only orders that have a step
const statement = `
  select step, count(*)::int as orders, extract(epoch from now() - min(step_due_at))::float8 as "overdueSeconds"
  from (select step, step_due_at from orders where step is not null order by step_due_at limit 10000) as due
  group by step`

const shape = z.object({ step: z.string(), orders: z.int(), overdueSeconds: z.number() })

/** Reads which steps of checkouts wait, at most every 5 s and only if somebody asks, until stopped. */
export const watchSteps = (database: DataSource): Running => {
  const read = keptFor(keptMs, () => rows(database.manager, shape, statement))
  const readings = [
    steps.from(async () => (await read()).map(({ step, orders }) => [{ step }, orders])),
    oldestSeconds.from(async () => [
      [{}, Math.max(0, ...(await read()).map(({ overdueSeconds }) => overdueSeconds))],
    ]),
  ]
  return together(readings)
}
