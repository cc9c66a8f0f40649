import { Client, escapeIdentifier } from 'pg'
import { z } from 'zod'
import { sessionUrl, type Urls } from './fill.ts'
import { type GrownName, grown } from './system.ts'

/** How often a table is taken for larger than it is. */
const timesLarger = 10_000

/** Tables that do not grow with a shop: one has what is dealt with at once, and another grows by a row a day. */
const smallTables: readonly string[] = [
  'migrations',
  'signing_keys',
  'password_reset_requests',
  'daily_totals',
]

/** Indexes that hold what waits, is under way or has failed, and so are as short as a shop is healthy, however large it is. */
const queueIndexes: readonly string[] = [
  'account_deletions_due',
  'account_deletions_under_way',
  'deleted_users_unfinished',
  'deleted_customers_to_forget',
  'emails_due',
  'orders_due',
  'outbox_dead',
  'outbox_pending_by_aggregate',
  'outbox_waiting',
  'refunds_pending',
  'reservations_by_expiry',
  'webhook_events_due',
]

/** Statements that may choose a page from more rows, by a part of their names. */
const choosing: readonly RegExp[] = [
  // n.b. no index has products in one order by their price and another column, or without those that are sold out
  /price_minor (>=|<=)|available > 0/,
  // n.b. what was sold on some days is added up before the most is known
  /^analytics: .* as most /,
  // n.b. a search ranks what it has found, at most some thousands
  /^products: .*(sort_key|words @@|search_words|as page join products)/,
]

/** A node of a plan, as EXPLAIN gives it in JSON. */
export type PlanNode = {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string | undefined
  readonly 'Index Name'?: string | undefined
  readonly 'Index Cond'?: string | undefined
  readonly Filter?: string | undefined
  readonly Plans?: readonly PlanNode[] | undefined
}

const planNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    'Relation Name': z.string().optional(),
    'Index Name': z.string().optional(),
    'Index Cond': z.string().optional(),
    Filter: z.string().optional(),
    Plans: z.array(planNode).optional(),
  }),
)

const explanation = z.object({ 'Query Text': z.string(), Plan: planNode })

/** A statement that PostgreSQL has run, and how. */
export type PlannedStatement = { readonly name: string; readonly plan: PlanNode }

/** The tables of each service that grow with a shop. */
export type GrowingTables = ReadonlyMap<GrownName, ReadonlySet<string>>

/**
 * Lets PostgreSQL take all tables for ten thousand times as large as they are, for good, and tell each new session how it
 * runs the session's statements, those inside of functions and triggers too. No service may run. Returns the tables that grow.
 */
export const believeLarge = async (urls: Urls, superuserUrl: string): Promise<GrowingTables> => {
  const tables = new Map<GrownName, ReadonlySet<string>>()
  for (const service of grown) {
    const session = new Client({ connectionString: sessionUrl(superuserUrl, urls[service]) })
    await session.connect()
    try {
      const found = await session.query<{ name: string }>(
        `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
      )
      for (const { name } of found.rows)
        await session.query(`alter table ${escapeIdentifier(name)} set (autovacuum_enabled = false)`)
      tables.set(
        service,
        new Set(found.rows.map(({ name }) => name).filter(name => !smallTables.includes(name))),
      )
      await session.query(
        `update pg_class set reltuples = reltuples * $1
         where relkind in ('r', 'i') and relnamespace = 'public'::regnamespace and reltuples > 0`,
        [timesLarger],
      )
      const database = escapeIdentifier(databaseOf(urls[service]))
      await session.query(`alter database ${database} set session_preload_libraries = 'auto_explain'`)
      for (const [name, value] of Object.entries(explained))
        await session.query(`alter database ${database} set auto_explain.${name} = '${value}'`)
    } finally {
      await session.end()
    }
  }
  return tables
}

const databaseOf = (url: string): string => new URL(url).pathname.slice(1)

const explained = {
  log_min_duration: '0',
  log_format: 'json',
  log_nested_statements: 'on',
  log_level: 'notice',
}

/** Collects the statements on growing tables of the services' and the ledger's sessions in this process that begin from now on. */
export const collectPlans = (
  urls: Urls,
  tables: GrowingTables,
): { readonly planned: readonly PlannedStatement[]; readonly stop: () => void } => {
  const planned: PlannedStatement[] = []
  const serviceOf = new Map(grown.map(service => [databaseOf(urls[service]), service]))
  const { connect } = Client.prototype
  Reflect.set(Client.prototype, 'connect', function (this: Client, ...args: readonly unknown[]): unknown {
    const service = serviceOf.get(this.database ?? '')
    // n.b. what a test itself asks has no name
    const { application_name: isNamed } = connectionOf.parse(this)
    if (service !== undefined && isNamed)
      this.on('notice', ({ message = '' }) => {
        const [, json] = /plan:\n(.*)/s.exec(message) ?? []
        if (json === undefined) return
        const { 'Query Text': text, Plan: plan } = explanation.parse(JSON.parse(json))
        if (relationsOf(plan).some(relation => tables.get(service)?.has(relation)))
          planned.push({ name: `${service}: ${nameOf(text)}`, plan })
      })
    return Reflect.apply(connect, this, args)
  })
  return { planned, stop: () => void Reflect.set(Client.prototype, 'connect', connect) }
}

const connectionOf = z
  .object({ connectionParameters: z.object({ application_name: z.unknown() }) })
  .transform(({ connectionParameters }) => connectionParameters)

const relationsOf = ({ 'Relation Name': relation, Plans = [] }: PlanNode): readonly string[] => [
  ...(relation === undefined ? [] : [relation]),
  ...Plans.flatMap(relationsOf),
]

const [nameStart, nameEnd] = [100, 200]

/** A statement in one line: its beginning and its end, without what differs from call to call. */
const nameOf = (text: string): string => {
  const line = text
    .replaceAll(/--.*$/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\$\d+(, \$\d+)+/g, '…')
    .replaceAll(/\(…\)(, \(…\))+/g, '(…)')
    .trim()
  return line.length <= nameStart + nameEnd ? line : `${line.slice(0, nameStart)} … ${line.slice(-nameEnd)}`
}

/** The shape of a plan, a line for each node. */
export const shapeOf = (plan: PlanNode, depth = 0): readonly string[] => {
  const { 'Node Type': type, 'Relation Name': relation, 'Index Name': index, Filter, Plans = [] } = plan
  const names = [index, relation].filter(name => name !== undefined).join(' of ')
  const isWhole = index !== undefined && plan['Index Cond'] === undefined
  const extent = `${isWhole ? ', from its beginning' : ''}${relation !== undefined && Filter !== undefined ? ', filtered' : ''}`
  return [
    `${'  '.repeat(depth)}${[type, names].join(' ').trim()}${extent}`,
    ...Plans.flatMap(child => shapeOf(child, depth + 1)),
  ]
}

/** Nodes that pass rows on as they come, so that a limit above them ends what is below. */
const streaming: readonly string[] = [
  ...['Append', 'CTE Scan', 'Incremental Sort', 'Limit', 'LockRows', 'Memoize', 'Merge Append'],
  ...['Nested Loop', 'ProjectSet', 'Result', 'Subquery Scan', 'Unique'],
]

/** What in a statement's plan costs more, the larger a table is. */
export const growingCosts = (
  { name, plan }: PlannedStatement,
  tables: ReadonlySet<string>,
): readonly string[] => [
  ...readWhole(plan, tables, false),
  ...(choosing.some(pattern => pattern.test(name)) ? [] : chosenFromMany(plan, tables, false)),
]

/** What is read from one end to the other. */
const readWhole = (plan: PlanNode, tables: ReadonlySet<string>, isLimited: boolean): readonly string[] => {
  const { 'Node Type': type, 'Relation Name': relation = '', 'Index Name': index, Plans = [] } = plan
  const own: string[] = []
  if (type === 'Seq Scan' && tables.has(relation)) own.push(`reads all of ${relation}`)
  if (isFromBeginning(plan, tables) && !isLimited) own.push(`reads all of ${index}`)
  const endsEarly = type === 'Limit' || (isLimited && streaming.includes(type))
  return [...own, ...Plans.flatMap(child => readWhole(child, tables, endsEarly))]
}

/** What is sorted, or passed over, before a limit takes the first rows. */
const chosenFromMany = (
  plan: PlanNode,
  tables: ReadonlySet<string>,
  isLimited: boolean,
): readonly string[] => {
  const { 'Node Type': type, 'Index Name': index, Filter, Plans = [] } = plan
  if (isLimited && type === 'Sort')
    return relationsOf(plan)
      .filter(relation => tables.has(relation))
      .map(relation => `sorts rows of ${relation}`)
  const own =
    isLimited && Filter !== undefined && isFromBeginning(plan, tables) ? [`passes rows of ${index} over`] : []
  const endsEarly = type === 'Limit' || (isLimited && streaming.includes(type))
  return [...own, ...Plans.flatMap(child => chosenFromMany(child, tables, endsEarly))]
}

const isFromBeginning = (
  {
    'Node Type': type,
    'Relation Name': relation = '',
    'Index Name': index,
    'Index Cond': condition,
  }: PlanNode,
  tables: ReadonlySet<string>,
): boolean =>
  index !== undefined &&
  condition === undefined &&
  type !== 'ModifyTable' &&
  tables.has(relation) &&
  !queueIndexes.includes(index)
