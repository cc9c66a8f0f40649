import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createBrokerNamespace } from '../testbed/broker.ts'
import type { ProcessName } from '../testbed/system/plan.ts'
import { startFaultSystem } from './fault-system.ts'
import { runScenario } from './run-scenario.ts'
import { findScenario, type Scenario, type Suite } from './scenario.ts'
import { registerAccounts } from './shop/accounts.ts'
import { createAsk } from './shop/ask.ts'

/** A suite whose system works in a namespace of the given broker. */
export const createSuite = ({
  scenarios,
  processNames,
  probed,
}: {
  readonly scenarios: readonly Scenario[]
  readonly processNames: readonly ProcessName[]
  /** The processes that tell what they use. */
  readonly probed?: readonly ProcessName[]
}): Suite => ({
  scenarios,
  start: ({ brokerUrl, logFolder }) =>
    startAll(async use => {
      const { settings: broker } = use(createBrokerNamespace(brokerUrl))
      const system = use(await startFaultSystem({ processNames, broker, logFolder, probed }))
      const { ask } = use(createAsk(system))
      const accounts = await registerAccounts(ask)
      const known = new Set<string>()
      return {
        run: (name, { minutes: amount, ...options }) =>
          runScenario(findScenario(scenarios, name), { system, ask, accounts, known, amount, ...options }),
      }
    }),
})
