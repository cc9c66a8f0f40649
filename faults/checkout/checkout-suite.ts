import type { Scenario } from '../scenario.ts'
import { createSuite } from '../shared-broker.ts'
import { baskets } from './baskets.ts'
import { cancelVsConfirm } from './cancel-vs-confirm.ts'
import { killOrders, killPayments, killProducts, postgresRestarts } from './checkout-kills.ts'
import { lastUnit } from './last-unit.ts'
import { latePayment } from './late-payment.ts'
import { lostAnswers } from './lost-answers.ts'
import { rush } from './rush.ts'
import { sameKey } from './same-key.ts'
import { sleeper } from './sleeper.ts'

/** The processes without which there is no checkout, and those that are doubled. */
export const checkoutProcesses = [
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
export const checkoutScenarios: readonly Scenario[] = [
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

/** The checkout of payments that need nobody. */
export const checkoutSuite = createSuite({ scenarios: checkoutScenarios, processNames: checkoutProcesses })
