import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { judge, type Verdict } from './judge.ts'
import type { Scenario, Size } from './scenario.ts'
import { createAsk } from './shop/ask.ts'
import { registerPeople } from './shop/people.ts'
import { startSystem } from './system/system.ts'

/** A system that scenarios are run on, one after the other. */
export type Suite = Running & {
  readonly run: (
    scenario: Scenario,
    options: { readonly seed: number; readonly size: Size; readonly advance?: () => void },
  ) => Promise<Verdict>
}

/** Starts a system of its own with its customers. */
export const startSuite = (options: Parameters<typeof startSystem>[0]): Promise<Suite> =>
  startAll(async use => {
    const system = use(await startSystem(options))
    const { ask } = use(createAsk(system))
    const people = await registerPeople(ask)
    const known = new Set<string>()
    return {
      run: (scenario: Scenario, { seed, size, advance }) =>
        judge(scenario, { system, ask, people, known, seed, size, ...(advance && { advance }) }),
    } satisfies Omit<Suite, 'stop'>
  })
