import { createHash } from 'node:crypto'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import { siteOf } from '@supergraph/runtime/network.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { deleteInBatches } from '../batches.ts'
import { affected, row, rows } from '../statements.ts'
import type { Rule } from './rule.ts'

/** Something that is counted: its kind, whose it is, such as a network's, and how much of it is allowed. */
export type Counted = { readonly kind: string; readonly of: string; readonly rule: Rule }

/** A search for one row: `sql` is a query, with the names of its parameters, such as `$6`, in the order of the values. */
export type Search<S extends z.ZodType = z.ZodType> = {
  readonly shape: S
  readonly sql: (parameters: readonly string[]) => string
  readonly values: readonly unknown[]
}

export type Throttle = ReturnType<typeof createThrottle>

const networksPerSite = 16

/**
 * What is counted of a network, if it is known: its own, and for IPv6 also that of its site, of whose 65,536 networks one owner
 * may have all. A site is allowed 16 times as much as a network.
 */
export const countedOfNetwork = (
  kind: string,
  network: string | undefined,
  rule: Rule,
): readonly Counted[] => {
  if (network === undefined) return []
  const site = siteOf(network)
  const forgetsOneEveryMs = rule.forgetsOneEveryMs / networksPerSite
  const ofSite: Rule = {
    burst: rule.burst * networksPerSite,
    firstWaitMs: Math.min(rule.firstWaitMs, forgetsOneEveryMs),
    forgetsOneEveryMs,
  }
  return [{ kind, of: network, rule }, ...(site === undefined ? [] : [{ kind, of: site, rule: ofSite }])]
}

/**
 * Counts what is allowed only so often, for all processes on one database and by its clock. It keeps hashes of what it counts,
 * and nothing that has been forgotten. `now` replaces the database's clock in tests.
 */
export const createThrottle = (
  database: DataSource,
  { now = () => undefined }: { readonly now?: () => Date | undefined } = {},
) => ({
  /** How long to wait for the next one of all these, in ms; 0 if it is allowed now. */
  waitMs: async (counted: readonly Counted[]): Promise<number> => {
    const longest = await row(
      database,
      z.object({ ms: z.number() }),
      `select ${longestWaitMs('$2')} as ms from throttle_counts where key = any($1)`,
      [keysOf(counted), now()],
    )
    return withinRules(counted, longest?.ms ?? 0)
  },

  /** Counts one of all these and returns 0, or counts none and returns how long to wait for the next, in ms. */
  take: async (counted: readonly Counted[]): Promise<number> => {
    const outcome = await row(database, takeOutcome, takeStatement(nothing), [...columnsOf(counted), now()])
    return waitAfter(database, counted, outcome)
  },

  /** Searches for a row and, in the same statement, takes one of all these as `take` does if there is none. */
  takeUnlessFound: async <S extends z.ZodType>(
    counted: readonly Counted[],
    { shape, sql, values }: Search<S>,
  ): Promise<
    | { readonly kind: 'found'; readonly row: z.output<S> }
    | { readonly kind: 'notFound'; readonly waitMs: number }
  > => {
    const outcome = await row(
      database,
      z.object({ ...takeOutcome.shape, found: z.unknown() }),
      takeStatement(sql(values.map((_, index) => `$${index + 6}`))),
      [...columnsOf(counted), now(), ...values],
    )
    const found = shape.nullable().parse(outcome?.found ?? null)
    if (found !== null) return { kind: 'found', row: found }
    return { kind: 'notFound', waitMs: await waitAfter(database, counted, outcome) }
  },

  /** Counts one of each of these, allowed or not; returns for each how many are remembered. */
  count: async (counted: readonly Counted[]): Promise<readonly number[]> => {
    const remembered = new Map(
      (await rows(database, countOutcome, countStatement, [...columnsOf(counted), now()])).map(
        ({ key, remembered }) => [key, remembered],
      ),
    )
    return counted.map(one => remembered.get(keyOf(one)) ?? 0)
  },

  /** Takes one of each of these back, as if it had not been counted, without those whose keys `givingBack` has returned. */
  giveBack: (counted: readonly Counted[], givenBack: readonly string[] = []): Promise<void> =>
    giveBack(
      database,
      keysOf(counted).filter(key => !givenBack.includes(key)),
    ),

  /** Forgets all that was counted of these. */
  forget: async (counted: readonly Counted[]): Promise<void> => {
    await affected(
      database,
      `delete from throttle_counts where key in (
         select key from throttle_counts where key = any($1) order by key for update)`,
      [keysOf(counted)],
    )
  },
})

/** The keys of what is counted, for `givingBack`. */
export const keysOf = (counted: readonly Counted[]): readonly string[] => counted.map(keyOf)

/**
 * The part of another statement that takes one back of each key of `keys`, an SQL expression for a text[], and returns
 * those keys as `key`. It leaves out what another transaction has locked, which is to be given back in a statement of its
 * own: a transaction that waits for the disk must neither wait for a count that many share, nor be waited for in turn.
 */
export const givingBack = (keys: string): string =>
  `${takeBack(keys, 'for update skip locked')} returning key`

/** Deletes what has been forgotten, now and every 10 minutes; `stop` waits for the deletion under way. */
export const startForgetting = (database: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs: 600_000,
    work: async () => void (await deleteForgotten(database)),
    onError: error =>
      logger.warn({ err: error }, 'forgotten counts could not be deleted; the next try is in 10 minutes'),
  })

/** Deletes what has been forgotten at this time, by default now; returns the number of rows. */
export const deleteForgotten = (database: DataSource, now?: Date): Promise<number> =>
  deleteInBatches(
    database,
    `delete from throttle_counts where key in (
       select key from throttle_counts where forgotten_at <= ${timeIn('$2')}
       order by forgotten_at limit $1 for update skip locked)`,
    [now],
  )

/** n.b. a wait seems longer to a statement that began before the one that blocked. */
const withinRules = (counted: readonly Counted[], waitMs: number): number =>
  Math.min(waitMs, Math.ceil(Math.max(0, ...counted.map(({ rule }) => rule.forgetsOneEveryMs))))

const timeIn = (parameter: string) => `coalesce(${parameter}::timestamptz, statement_timestamp())`

const longestWaitMs = (time: string) =>
  `coalesce(greatest(max(ceil(extract(epoch from blocked_until - ${timeIn(time)}) * 1000)), 0), 0)::float8`

// n.b. a text that was typed as an e-mail address may be of any length, or a password
const keyOf = ({ kind, of }: Counted): string =>
  `${kind}:${createHash('sha256').update(of).digest('base64url')}`

/** n.b. always in the same order, so that two processes at once can't deadlock. */
const inOrder = (counted: readonly Counted[]) => counted.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))

const columnsOf = (counted: readonly Counted[]) => {
  const sorted = inOrder(counted)
  return [
    sorted.map(keyOf),
    sorted.map(({ rule }) => rule.burst),
    sorted.map(({ rule }) => rule.firstWaitMs),
    sorted.map(({ rule }) => rule.forgetsOneEveryMs),
  ]
}

/** How long to wait after one of all these was to be taken, in ms; gives back what was taken of them if not all were. */
const waitAfter = async (
  database: DataSource,
  counted: readonly Counted[],
  outcome: z.output<typeof takeOutcome> | undefined,
): Promise<number> => {
  if (outcome?.taken === counted.length) return 0
  if (outcome !== undefined && outcome.waitMs > 0) return withinRules(counted, outcome.waitMs)
  // n.b. some were counted, and others were taken by another process meanwhile
  await giveBack(database, outcome?.keys ?? [])
  return Math.max(1, ...counted.map(({ rule }) => rule.firstWaitMs))
}

const giveBack = async (database: DataSource, keys: readonly string[]): Promise<void> => {
  if (keys.length === 0) return
  await affected(database, takeBack('$1', 'for update'), [keys])
}

const takeBack = (keys: string, locking: string): string =>
  `update throttle_counts set forgotten_at = forgotten_at - forgets_one_every, blocked_until = null
   where key in (select key from throttle_counts where key = any(${keys}::text[]) order by key ${locking})`

const takeOutcome = z.object({ taken: z.int(), keys: z.array(z.string()), waitMs: z.number() })
const countOutcome = z.object({ key: z.string(), remembered: z.number() })

// n.b. While a statement waits for a row, others count later than it began; by its own time, one more would be remembered.
const countedAt = 'coalesce($5::timestamptz, clock_timestamp())'

const asked = `
  asked as (
    select key, burst, first_wait_ms * interval '1 ms' as first_wait,
      forgets_one_every_ms * interval '1 ms' as forgets_one_every, ${countedAt} as now
    from unnest($1::text[], $2::float8[], $3::float8[], $4::float8[])
      as asked (key, burst, first_wait_ms, forgets_one_every_ms)
  )`

/** How many are remembered once `forgottenAt` has grown by one. */
const remembered = (forgottenAt: string) =>
  `ceil((extract(epoch from ${forgottenAt} - ${countedAt})
    / extract(epoch from excluded.forgets_one_every))::numeric - 0.000001)`

const nextForgottenAt = `(greatest(known.forgotten_at, ${countedAt}) + excluded.forgets_one_every)`

const counting = (condition: string) => `
  insert into throttle_counts as known (key, forgotten_at, blocked_until, burst, first_wait, forgets_one_every)
  select key, now + forgets_one_every, case when burst <= 1 then now + first_wait end,
    burst, first_wait, forgets_one_every
  from asked ${condition} order by key
  on conflict (key) do update set
    forgotten_at = ${nextForgottenAt},
    blocked_until = greatest(known.blocked_until, case when ${remembered(nextForgottenAt)} >= excluded.burst
      then ${countedAt} + least(
        excluded.first_wait * power(2, least(${remembered(nextForgottenAt)} - excluded.burst, 20))::float8,
        excluded.forgets_one_every) end),
    burst = excluded.burst, first_wait = excluded.first_wait, forgets_one_every = excluded.forgets_one_every`

const nothing = 'select where false'

/** n.b. what the search finds may be committed while the statement runs: then something is counted although there is a row. */
const takeStatement = (search: string) => `
  with ${asked},
  found as (${search}),
  blocked as (
    select ${longestWaitMs('$5')} as ms from throttle_counts where key = any($1)
  ),
  taken as (
    ${counting('where (select ms from blocked) = 0 and not exists (select from found)')}
    where known.blocked_until is null or known.blocked_until <= ${countedAt}
    returning key
  )
  select count(*)::int as taken, coalesce(array_agg(key), '{}') as keys, (select ms from blocked) as "waitMs",
    (select to_jsonb(found) from found) as found
  from taken`

const countStatement = `
  with ${asked}
  ${counting('')}
  returning key,
    ceil((extract(epoch from forgotten_at - ${countedAt}) / extract(epoch from forgets_one_every))::numeric - 0.000001)::float8
      as remembered`
