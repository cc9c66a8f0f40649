import type { Scenario } from '../scenario.ts'
import { baskets } from './baskets.ts'
import { cancelVsConfirm } from './cancel-vs-confirm.ts'
import { killOrders, killPayments, killProducts, postgresRestarts } from './kills.ts'
import { lastUnit } from './last-unit.ts'
import { latePayment } from './late-payment.ts'
import { lostAnswers } from './lost-answers.ts'
import { rush } from './rush.ts'
import { sameKey } from './same-key.ts'
import { sleeper } from './sleeper.ts'

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
