import type { Random } from './random.ts'
import type { Shop } from './shop/shop.ts'
import type { System } from './system/system.ts'

/** `short` is for CI, `full` for the bar that the system must withstand. */
export type Size = 'full' | 'short'

/** A fault, the load under which it is provoked, and what must hold. */
export type Scenario<G extends Ground = Ground> = {
  readonly name: string
  readonly guarantee: string
  /** How much of it, in what the scenario counts: checkouts, rounds, baskets. */
  readonly sizes: Readonly<Record<Size, number>>
  /** Answers without data are no violation: what a process itself needs is away at times. */
  readonly mayFail?: boolean
  /** Provokes the fault, and says what did not hold. */
  readonly run: (ground: G) => Promise<readonly string[]>
}

/** What a scenario works with. */
export type Ground = {
  /** The scenario's, with which every key begins. */
  readonly name: string
  readonly system: System
  readonly shop: Shop
  readonly random: Random
  readonly size: number
  /** Notes one of `size` as done. */
  readonly advance: () => void
  /** Notes that a process was killed or paused, or a server restarted. */
  readonly noteKill: () => void
}

/** The words for those expectations that do not hold. */
export const unmet = (
  expectations: readonly (readonly [holds: boolean, otherwise: string])[],
): readonly string[] => expectations.flatMap(([holds, otherwise]) => (holds ? [] : [otherwise]))
