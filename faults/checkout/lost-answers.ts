import { runMixedLoad } from '../mixed-load.ts'
import { type Scenario, unmet } from '../scenario.ts'

const slowMs = 400

/** Has the payment provider make payments without an answer, fail, answer late, or never answer. */
export const lostAnswers: Scenario = {
  name: 'lost-answers',
  guarantee: 'payments that time out after charging, fail, or take long: nobody is charged twice',
  sizes: { full: 400, short: 20 },
  run: async context => {
    const { system, random, shop } = context
    await system.payments.set(
      [
        { operation: 'any', kind: 'lostAnswer', probability: 0.1 },
        { operation: 'any', kind: 'error', probability: 0.05 },
        { operation: 'any', kind: 'slow', probability: 0.1, delayMs: slowMs },
        { operation: 'any', kind: 'hang', probability: 0.01, times: 3 },
      ],
      random.integer(1, 1_000_000),
    )
    try {
      await runMixedLoad(context)
    } finally {
      await system.payments.clear()
    }
    const twice = await findDoubleCharges(context)
    const confirmed = shop.checkouts().filter(({ reply }) => reply.kind === 'confirmed').length
    return unmet([
      [twice.length === 0, `charged more than once: ${twice.join(', ')}`],
      [confirmed > 0, 'no checkout was confirmed'],
    ])
  },
}

const findDoubleCharges = async ({ system }: Parameters<Scenario['run']>[0]): Promise<readonly string[]> => {
  const rows = await system.database.query<{ orderId: string }>(
    'payment-simulator',
    `select order_id as "orderId" from payment_intents where amount_received > 0 group by order_id having count(*) > 1`,
  )
  return rows.map(({ orderId }) => orderId)
}
