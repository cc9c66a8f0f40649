import type { OrderCase } from './cases.ts'
import type { Violation } from './kinds.ts'
import { newsRules, newsWithoutOrder } from './news-rules.ts'
import { orderRules } from './order-rules.ts'
import { chargeWithoutOrder, paymentRules } from './payment-rules.ts'
import { reservationWithoutOrder, stockRules } from './stock-rules.ts'

export { judgeEvent, judgeInbox } from './news-rules.ts'
export { judgeShelf } from './stock-rules.ts'

const rules = [...orderRules, ...paymentRules, ...stockRules, ...newsRules]

/** Everything that disagrees about an order. */
export const judgeOrder = (all: OrderCase): readonly Violation[] => {
  const { order } = all
  return order === null
    ? [...chargeWithoutOrder(all), ...reservationWithoutOrder(all), ...newsWithoutOrder(all)]
    : rules.flatMap(rule => rule(order, all))
}
