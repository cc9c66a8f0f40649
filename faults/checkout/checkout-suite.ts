import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createBrokerNamespace } from '../../testbed/broker.ts'
import { startFaultSystem } from '../fault-system.ts'
import { runScenario } from '../run-scenario.ts'
import { findScenario, type Scenario, type Suite } from '../scenario.ts'
import { registerAccounts } from '../shop/accounts.ts'
import { createAsk } from '../shop/ask.ts'
import { baskets } from './baskets.ts'
import { cancelVsConfirm } from './cancel-vs-confirm.ts'
import { killOrders, killPayments, killProducts, postgresRestarts } from './checkout-kills.ts'
import { lastUnit } from './last-unit.ts'
import { latePayment } from './late-payment.ts'
import { lostAnswers } from './lost-answers.ts'
import { rush } from './rush.ts'
import { sameKey } from './same-key.ts'
import { sleeper } from './sleeper.ts'

const processNames = [
  'users',
  'products-1',
  'products-2',
  'payment-simulator',
  'orders-1',
  'orders-2',
  'notifications-1',
  // n.b. An event that no queue takes stays in its outbox.
  'analytics',
] as const

/** What the checkout must withstand, in the order in which it runs. */
const scenarios: readonly Scenario[] = [
  rush,
  lastUnit,
  baskets,
  sameKey,
  killOrders,
  killProducts,
  killPayments,
  postgresRestarts,
  lostAnswers,
  sleeper,
  cancelVsConfirm,
  latePayment,
]

/** The checkout, in a namespace of the given broker. */
export const checkoutSuite: Suite = {
  scenarios,
  start: ({ brokerUrl, logFolder }) =>
    startAll(async use => {
      const { settings: broker } = use(createBrokerNamespace(brokerUrl))
      const system = use(await startFaultSystem({ processNames, broker, logFolder }))
      const { ask } = use(createAsk(system))
      const accounts = await registerAccounts(ask)
      const known = new Set<string>()
      return {
        run: (name, options) =>
          runScenario(findScenario(scenarios, name), { system, ask, accounts, known, ...options }),
      }
    }),
}
