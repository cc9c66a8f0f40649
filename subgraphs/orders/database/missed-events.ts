import { affected, type Executor, row } from '@supergraph/postgres/statements.ts'
import { z } from 'zod'
import type { Span } from '../domain/webhook-event.ts'

const leaseSeconds = 30
/** n.b. an event may be listed some time after it is said to have happened, and clocks differ. */
const overlapMinutes = 10
const longestHours = 6
/** For how long the provider keeps its events. */
const keptDays = 30

const span = z.object({ from: z.date(), to: z.date() })

/** Claims the time for which the provider's events are to be asked next; undefined if that is not due, or another process is at it. */
export const claimMissedEvents = (executor: Executor): Promise<Span | undefined> =>
  row(
    executor,
    span,
    `update missed_events
     set asked_until = greatest(asked_until, now() - make_interval(days => ${keptDays})),
         due_at = now() + make_interval(secs => ${leaseSeconds})
     where is_only and due_at <= now()
     returning asked_until - make_interval(mins => ${overlapMinutes}) as "from",
       least(asked_until + make_interval(hours => ${longestHours}), now()) as "to"`,
  )

/** Keeps the claim. */
export const keepMissedEvents = (executor: Executor): Promise<number> =>
  affected(
    executor,
    `update missed_events set due_at = now() + make_interval(secs => ${leaseSeconds}) where is_only`,
  )

/** Notes until when events have been asked for; what is left is due at once, and otherwise again after `everySeconds`. */
export const endMissedEvents = (
  executor: Executor,
  { to }: Span,
  { everySeconds }: { readonly everySeconds: number },
): Promise<number> =>
  affected(
    executor,
    `update missed_events
     set asked_until = greatest(asked_until, $1),
         due_at = now() + make_interval(secs => case when $1 < now() - interval '1 minute' then 0 else $2::integer end)
     where is_only`,
    [to, everySeconds],
  )
