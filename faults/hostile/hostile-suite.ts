import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createBrokerNamespace } from '../../testbed/broker.ts'
import { startFaultSystem } from '../fault-system.ts'
import { runScenario } from '../run-scenario.ts'
import type { ScenarioResult, Suite } from '../scenario.ts'
import { registerAccounts } from '../shop/accounts.ts'
import { createAsk } from '../shop/ask.ts'
import { documents, figuresOf, problemsOf, sendDocuments } from './documents.ts'

const processNames = [
  'users',
  'products-1',
  'payment-simulator',
  'orders-1',
  'notifications-1',
  'analytics',
  'gateway-1',
] as const

/** The gateway under documents made to cost much, in a namespace of the given broker. */
export const hostileSuite: Suite = {
  scenarios: [documents],
  start: ({ brokerUrl, logFolder }) =>
    startAll(async use => {
      const { settings: broker } = use(createBrokerNamespace(brokerUrl))
      const system = use(await startFaultSystem({ processNames, broker, logFolder, probed: ['gateway-1'] }))
      const { ask } = use(createAsk(system))
      const accounts = await registerAccounts(ask)
      const known = new Set<string>()
      return {
        run: async (_name, { minutes, ...options }) => {
          const sizes = minutes === undefined ? documents.sizes : { full: minutes, short: minutes }
          let figures: ScenarioResult['figures'] = []
          const run = async (context: Parameters<typeof sendDocuments>[0]) => {
            const seen = await sendDocuments(context)
            figures = figuresOf(seen)
            return problemsOf(seen)
          }
          const result = await runScenario(
            { ...documents, sizes, run },
            { system, ask, accounts, known, ...options },
          )
          return { ...result, figures }
        },
      }
    }),
}
