import { checkLedger } from '@supergraph/ledger/check.ts'
import { createRandom } from '../testbed/random.ts'
import { findContradictions } from './contradictions.ts'
import type { FaultSystem } from './fault-system.ts'
import type { Figure, Paper, Scenario, ScenarioResult, Size } from './scenario.ts'
import { settle } from './settling.ts'
import type { Accounts } from './shop/accounts.ts'
import type { Ask } from './shop/ask.ts'
import { openShop, type Shop } from './shop/shop.ts'

const ledgerSettleMs = 10_000
const shownViolations = 20

/** What a scenario is run on, and how. */
export type RunContext = {
  readonly system: FaultSystem
  readonly ask: Ask
  readonly accounts: Accounts
  readonly seed: number
  readonly size: Size
  /** The amount of load, instead of the scenario's. */
  readonly amount?: number | undefined
  readonly advance?: () => void
  /** Violations that earlier scenarios have left; those of this scenario are added. */
  readonly known: Set<string>
}

/** Runs a scenario, lets the system come to rest, and compares what customers were told with what every database says. */
export const runScenario = async (scenario: Scenario, context: RunContext): Promise<ScenarioResult> => {
  const { system, accounts, known, advance = () => {} } = context
  const { name, mayFail = false } = scenario
  const size = context.amount ?? scenario.sizes[context.size]
  const random = createRandom(`${context.seed} ${name}`)
  const shop = openShop(context.ask, { name, random: random.fork('shop'), ...accounts })
  const startedAtMs = Date.now()
  const problems: string[] = []
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      problems.push(error instanceof Error ? reasonsOf(error) : String(error))
      return undefined
    }
  }
  let kills = 0
  const noteKill = () => {
    kills += 1
  }
  const log: (readonly string[])[] = []
  const tell = (cells: readonly string[]) => void log.push(cells)
  let paper: Paper | undefined
  const keep = (kept: Paper) => {
    paper = kept
  }

  let figures: readonly Figure[] | undefined
  const show = (shown: readonly Figure[]) => {
    figures = shown
  }

  await attempt(() => system.configure(scenario.settings ?? {}))
  const unmet = await attempt(() =>
    scenario.run({ name, system, shop, random, size, advance, noteKill, show, tell, keep }),
  )
  await attempt(() => system.processes.restore())
  await attempt(() => system.payments.clear())
  const settledAfterMs = await attempt(() => settle(system.database))
  const contradictions = await attempt(() => findContradictions(system.database, shop))
  const violations = (await attempt(() => findViolations(system, known))) ?? []
  const failures = mayFail ? [] : shop.failures()
  return {
    name,
    size,
    durationMs: Date.now() - startedAtMs,
    settledAfterMs,
    figures: figures ?? figuresOf(shop),
    kills,
    violations,
    log,
    paper,
    problems: [
      ...problems,
      ...(unmet ?? []),
      ...(contradictions ?? []),
      ...failures.map(message => `an answer without data: ${message}`),
      ...system.processes.takeUnexpectedEnds(),
      ...violations.slice(0, shownViolations).map(violation => `ledger: ${violation}`),
    ],
  }
}

const figuresOf = (shop: Shop): readonly Figure[] => {
  const replies = new Map(shop.replies.rows())
  const count = (title: string, ...kinds: readonly string[]) => ({
    title,
    count: kinds.reduce((sum, kind) => sum + (replies.get(kind) ?? 0), 0),
  })
  return [
    count('ordered', 'confirmed', 'cancelled'),
    count('sold out', 'out of stock'),
    count('declined', 'declined'),
    count('again', 'try again', 'pending', 'lost', 'failed'),
  ]
}

const findViolations = async ({ database }: FaultSystem, known: Set<string>): Promise<readonly string[]> => {
  const { violations } = await checkLedger(database.urls, { settleMs: ledgerSettleMs })
  const added = violations
    .map(({ kind, subject, detail, ids }) => [kind, subject, detail, ...ids].join(' '))
    .filter(violation => !known.has(violation))
  for (const violation of added) known.add(violation)
  return added
}

const reasonsOf = (error: Error): string =>
  error.cause instanceof Error ? `${error.message} (${reasonsOf(error.cause)})` : error.message
