import { defineReading, keptFor } from '@supergraph/metrics/metrics.ts'
import { rows } from '@supergraph/postgres/statements.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { countOwedRefunds } from '../database/owed-refunds.ts'

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

const failing = defineReading({
  kind: 'level',
  name: 'supergraph_checkout_failing',
  help: 'Orders whose next step has failed more than five times, or has failed and is tried again only after ten minutes.',
  labels: [],
})

const owedRefunds = defineReading({
  kind: 'level',
  name: 'supergraph_refunds_owed',
  help: 'Refunds that have failed within 90 days, of orders from which nothing was returned since, counted to 10,000 at most.',
  labels: [],
})

const keptMs = 5_000

// n.b. the index orders_due holds only orders that have a step
const statement = `
  select step, count(*)::int as orders, extract(epoch from now() - min(step_due_at))::float8 as "overdueSeconds",
    (count(*) filter (where step_attempts > 5
      or (step_attempts > 0 and step_due_at > now() + interval '10 minutes')))::int as failing
  from (select step, step_due_at, step_attempts from orders where step is not null order by step_due_at limit 10000) as due
  group by step`

const shape = z.object({ step: z.string(), orders: z.int(), overdueSeconds: z.number(), failing: z.int() })

/** Reads which steps of checkouts wait and which refunds are owed, at most every 5 s and only if somebody asks, until stopped. */
export const watchSteps = (database: DataSource): Running => {
  const read = keptFor(keptMs, () => rows(database.manager, shape, statement))
  const readOwed = keptFor(keptMs, () => countOwedRefunds(database))
  const readings = [
    steps.from(async () => (await read()).map(({ step, orders }) => [{ step }, orders])),
    oldestSeconds.from(async () => [
      [{}, Math.max(0, ...(await read()).map(({ overdueSeconds }) => overdueSeconds))],
    ]),
    failing.from(async () => [[{}, (await read()).reduce((sum, { failing }) => sum + failing, 0)]]),
    owedRefunds.from(async () => [[{}, await readOwed()]]),
  ]
  return together(readings)
}
