import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Random } from '../testbed/random.ts'
import type { FaultSystem, ServiceSettings } from './fault-system.ts'
import type { Shop } from './shop/shop.ts'

/** `short` is for CI, `full` for the bar that the system must withstand. */
export type Size = 'full' | 'short'

/** A fault, the load under which it is provoked, and what must hold. */
export type Scenario<Context extends ScenarioContext = ScenarioContext> = {
  readonly name: string
  readonly guarantee: string
  /** The amount of load, in the unit that the scenario counts: checkouts, rounds or baskets. */
  readonly sizes: Readonly<Record<Size, number>>
  /** What services have beside their own settings; those that are named are started anew for the scenario. */
  readonly settings?: ServiceSettings
  /** Whether an answer without data is acceptable, because the scenario takes away what the orders processes need. */
  readonly mayFail?: boolean
  /** Provokes the fault, and returns what did not hold. */
  readonly run: (context: Context) => Promise<readonly string[]>
}

/** What a scenario works with. */
export type ScenarioContext = {
  /** The scenario's name, with which every idempotency key begins. */
  readonly name: string
  readonly system: FaultSystem
  readonly shop: Shop
  readonly random: Random
  readonly size: number
  /** Notes one of `size` as done. */
  readonly advance: () => void
  /** Notes that a process was killed or paused, or a server restarted. */
  readonly noteKill: () => void
  /** Says what the closing table shows of the scenario, instead of what the customers were told. */
  readonly show: (figures: readonly Figure[]) => void
  /** Adds a row to what is printed of the scenario; the first one has the titles. */
  readonly tell: (cells: readonly string[]) => void
  /** Says what docs show of the scenario. */
  readonly keep: (paper: Paper) => void
}

/** What docs show of a scenario: Markdown, and a plot as SVG. */
export type Paper = { readonly text: string; readonly plot: string }

/** The outcome of a scenario; the scenario holds if there are no problems. */
export type ScenarioResult = {
  readonly name: string
  readonly size: number
  readonly durationMs: number
  /** The time from the end of the load and of the faults until everything came to rest. */
  readonly settledAfterMs: number | undefined
  /** What happened, in the words of the suite. */
  readonly figures: readonly Figure[]
  readonly kills: number
  /** Ledger violations, by `npm run ledger`'s kinds and ids. */
  readonly violations: readonly string[]
  readonly problems: readonly string[]
  /** Why the scenario was not run, if this machine lacks what it takes. */
  readonly skipped?: string
  /** Rows of what happened when, with their titles. */
  readonly log: readonly (readonly string[])[]
  readonly paper?: Paper | undefined
}

/** A column of the closing table. */
export type Figure = { readonly title: string; readonly count: number }

/** Scenarios that share a system. */
export type Suite = {
  readonly scenarios: readonly Pick<Scenario, 'name' | 'guarantee' | 'sizes'>[]
  /** Starts a system with its customers. */
  readonly start: (options: {
    /** For suites that need no broker of their own. */
    readonly brokerUrl: string
    /** Gets a file of each process's output. */
    readonly logFolder?: string | undefined
    /** The earlier commit with whose code the processes are started first, for suites that upgrade them. */
    readonly from?: string | undefined
  }) => Promise<RunningSuite>
}

/** A system on which scenarios are run by their names, one after the other. */
export type RunningSuite = Running & {
  readonly run: (
    name: string,
    options: {
      readonly seed: number
      readonly size: Size
      /** For scenarios that last so long, instead of their size. */
      readonly minutes?: number | undefined
      readonly advance?: () => void
    },
  ) => Promise<ScenarioResult>
}

/** The scenario of that name; throws if there is none. */
export const findScenario = <S extends { readonly name: string }>(
  scenarios: readonly S[],
  name: string,
): S => {
  const found = scenarios.find(scenario => scenario.name === name)
  if (found === undefined) throw new Error(`there is no scenario ${name}`)
  return found
}

/** The words for those expectations that do not hold. */
export const unmet = (
  expectations: readonly (readonly [holds: boolean, otherwise: string])[],
): readonly string[] => expectations.flatMap(([holds, otherwise]) => (holds ? [] : [otherwise]))
