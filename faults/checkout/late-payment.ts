import { type Ground, type Scenario, unmet } from '../scenario.ts'
import { waitUntil } from '../waiting.ts'

const productsProcesses = ['products-1', 'products-2'] as const
// n.b. few enough that their timeouts open no circuit breaker
const late = 4
const quick = 2
// n.b. longer than the payment's timeout and the longest wait for an expiry sweep, so that the reservation is gone by then
const slowMs = 10_000

/** Reservations that expire while the payment is slow; meanwhile others buy a part of what they held. */
export const latePayment: Scenario = {
  name: 'late-payment',
  guarantee:
    'a reservation that expires while the payment is slow: taken again where there is stock, else rejected and the payment returned',
  sizes: { full: 8, short: 1 },
  run: async ground => {
    const { system, size, advance } = ground
    const problems: string[] = []
    try {
      await restartProducts(ground, { RESERVATION_TTL_SECONDS: '1' })
      for (let round = 0; round < size; round += 1) {
        problems.push(...(await payLate(ground, round)))
        advance()
      }
    } finally {
      await system.payments.clear()
      await restartProducts(ground, {})
    }
    return problems
  },
}

const payLate = async ({ shop, system, random }: Ground, round: number): Promise<readonly string[]> => {
  const own = random.fork(String(round))
  const product = await shop.createProduct(late)
  const buy = (key: string) =>
    shop.checkOut({
      key: `late-payment ${round} ${key}`,
      customer: own.fork(key).pick(shop.customers),
      items: [{ productId: product.id, quantity: 1 }],
    })
  const shoppers = (who: string, count: number) =>
    Array.from({ length: count }, (_, index) => buy(`${who} ${index}`))

  await system.payments.set(
    [{ operation: 'authorize', kind: 'slow', probability: 1, delayMs: slowMs, times: late }],
    own.integer(1, 1_000_000),
  )
  const slow = shoppers('late', late)
  await waitUntil(`the reservations of round ${round} have expired`, async () => {
    const [row] = await system.database.query<{ count: number }>(
      'products',
      `select count(*)::int as count from reservations join reservation_lines using (order_id)
       where product_id = $1 and state = 'EXPIRED'`,
      [product.id],
    )
    return row?.count === late
  })
  const quickReplies = await Promise.all(shoppers('quick', quick))
  const slowReplies = await Promise.all(slow)
  const confirmed = slowReplies.filter(({ kind }) => kind === 'confirmed').length
  const rejected = slowReplies.filter(({ kind }) => kind === 'out of stock').length
  return unmet([
    [
      quickReplies.every(({ kind }) => kind === 'confirmed'),
      `round ${round}: ${quickReplies.map(({ text }) => text).join(', ')} for those in time`,
    ],
    [
      confirmed === late - quick,
      `round ${round}: ${confirmed} late orders confirmed on ${late - quick} units`,
    ],
    [rejected === quick, `round ${round}: ${rejected} of ${quick} late orders rejected as out of stock`],
  ])
}

const restartProducts = async (
  { system: { services }, noteKill }: Ground,
  settings: Readonly<Record<string, string>>,
): Promise<void> => {
  await Promise.all(
    productsProcesses.map(async service => {
      await services.kill(service)
      noteKill()
      await services.start(service, settings)
    }),
  )
}
