import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Verdict } from './judge.ts'
import type { Scenario, Size } from './scenario.ts'

/** Scenarios that share a system. */
export type Suite = {
  readonly scenarios: readonly Pick<Scenario, 'name' | 'guarantee' | 'sizes'>[]
  /** Starts a system of its own with its customers. */
  readonly start: (options: SuiteOptions) => Promise<RunningSuite>
}

export type SuiteOptions = {
  /** Where a suite does not need a broker that it may treat badly. */
  readonly brokerUrl: string
  /** Gets a file of each process's output. */
  readonly logFolder?: string | undefined
}

/** A system that scenarios are run on, by their names, one after the other. */
export type RunningSuite = Running & {
  readonly run: (name: string, options: RunOptions) => Promise<Verdict>
}

export type RunOptions = { readonly seed: number; readonly size: Size; readonly advance?: () => void }

/** The scenario of that name; throws where there is none. */
export const findScenario = <S extends { readonly name: string }>(
  scenarios: readonly S[],
  name: string,
): S => {
  const found = scenarios.find(scenario => scenario.name === name)
  if (found === undefined) throw new Error(`there is no scenario ${name}`)
  return found
}
