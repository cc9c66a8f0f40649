import type { ProcessName } from '../../testbed/system/plan.ts'
import { inParallel } from '../../testbed/waiting.ts'
import { disturb, killAndStart } from '../disturbance.ts'
import { type Scenario, type ScenarioContext, unmet } from '../scenario.ts'
import { fillShelves, smallBasket } from '../shop/shelves.ts'
import { createAfterwards } from './afterwards.ts'
import { createCustomers, type Manner, manners, mannersOfAsked } from './customers.ts'
import { type Fate, fates } from './fates.ts'
import { findLateProblems } from './late-approvals.ts'
import { findMoneyProblems } from './money.ts'
import { approveLate, findUnconfirmed, findUnreturned } from './undisturbed.ts'

const targets: readonly [ProcessName, ...ProcessName[]] = [
  ...(['orders-1', 'orders-2', 'products-1', 'products-2', 'payment-simulator'] as const),
]
const checkoutsPerKill = 20
const allChance = 0.1
const atOnce = 40
const productCount = 8
// n.b. this is a little less than the baskets ask for, so that the last ones find no stock
const unitsPerCheckout = 0.22
const oneIn = 3
const undisturbedCheckouts = 4
/** Of fewer, all may find no stock, or a bank that refuses. */
const enoughToTell = 10
/** So short that a customer who walks away is found out during the scenario. */
const ttlSeconds = 6

/**
 * Customers who approve, decline, walk away or come too late, and payments that are refunded and disputed at the provider, while the
 * processes are killed and the provider's events are lost, doubled, late and out of order.
 */
export const awaitedCustomers: Scenario = {
  name: 'awaited-customers',
  guarantee:
    'a third of the customers are asked by their bank, another third’s payments are refunded or disputed at the provider, webhooks fail, kill -9 of all: no money stays that should not',
  sizes: { full: 1_000, short: 20 },
  settings: { products: { RESERVATION_TTL_SECONDS: String(ttlSeconds) } },
  run: async context => {
    const { system, random, tell } = context
    const customers = createCustomers(context)
    const plenty = await context.shop.createProduct(context.size + undisturbedCheckouts)
    const undisturbed = { customers, plenty }
    const afterwards = createAfterwards(context, plenty)
    const problems = [...(await findUnconfirmed(context, undisturbed, 'at first'))]
    const spoilWebhooks = () => spoil(context, random.integer(1, 1_000_000))
    try {
      await spoilWebhooks()
      await disturb(
        context,
        {
          times: Math.max(1, context.size / checkoutsPerKill),
          load: (_, before) => shopAll(context, { customers, afterwards }, before),
        },
        async own => {
          const victims = own.chance(allChance) ? targets : [own.pick(targets)]
          await Promise.all(victims.map(name => killAndStart(context, name)))
          // n.b. the switches of the simulator end with it
          if (victims.includes('payment-simulator')) await spoilWebhooks()
        },
      )
      await customers.haveActed()
      await afterwards.haveHappened()
    } finally {
      await system.payments.clear()
    }
    problems.push(...(await afterwards.findProblems()))
    problems.push(...(await findUnconfirmed(context, undisturbed, 'at last')))
    await approveLate(context, undisturbed)
    await customers.haveActed()
    problems.push(...(await findUnreturned(context, undisturbed)))
    const counts = customers.outcomes()
    tell(['customer', 'checkouts', 'confirmed', 'declined', 'sold out', 'other'])
    for (const manner of manners) tell(rowOf(manner, counts))
    for (const [fate, number] of afterwards.counts()) tell([fate, String(number), String(number), '', '', ''])
    const count = (manner: Manner, kind: string) =>
      counts.filter(outcome => outcome.manner === manner && outcome.kind === kind).length
    const approving = counts.filter(({ manner }) => manner === 'approves').length
    const late = customers.askedOrders().filter(({ manner }) => manner === 'approves too late')
    return [
      ...unmet([
        [approving < enoughToTell || count('approves', 'confirmed') > 0, 'nobody who approved was confirmed'],
        [late.length > 0, 'nobody approved too late'],
        ...(['declines', 'walks away', 'approves, has no money'] as const).map(
          manner => [count(manner, 'confirmed') === 0, `confirmed, though the customer ${manner}`] as const,
        ),
      ]),
      ...problems,
      ...(await findMoneyProblems(context)),
      ...(await findLateProblems(context, late)),
    ]
  },
}

const spoil = ({ system }: ScenarioContext, seed: number): Promise<void> =>
  system.payments.set(
    [
      { operation: 'webhook', kind: 'lost', probability: 0.25 },
      { operation: 'webhook', kind: 'doubled', probability: 0.25 },
      { operation: 'webhook', kind: 'late', probability: 0.25, delayMs: 8_000 },
      { operation: 'webhook', kind: 'disordered', probability: 0.5, delayMs: 2_000 },
      { operation: 'approve', kind: 'processing', probability: 0.1, delayMs: 700 },
      { operation: 'approve', kind: 'processing', probability: 0.05, delayMs: 700, fails: true },
      { operation: 'authorize', kind: 'lostAnswer', probability: 0.03 },
      { operation: 'capture', kind: 'lostAnswer', probability: 0.03 },
      { operation: 'cancel', kind: 'lostAnswer', probability: 0.03 },
    ],
    seed,
  )

const shopAll = async (
  { name, shop, random, size, advance }: ScenarioContext,
  {
    customers,
    afterwards,
  }: {
    readonly customers: ReturnType<typeof createCustomers>
    readonly afterwards: ReturnType<typeof createAfterwards>
  },
  beforeCheckout: (index: number) => Promise<void> = async () => {},
): Promise<void> => {
  const products = await fillShelves(shop, productCount, Math.ceil(size * unitsPerCheckout))
  await inParallel(size, atOnce, async index => {
    await beforeCheckout(index)
    const own = random.fork(String(index))
    const key = `${name} ${index}`
    const fate = fateOf(index)
    if (fate !== undefined) await afterwards.checkOut({ fate, own, key })
    else
      await customers.checkOut({
        manner: mannerOf(index),
        own,
        key,
        items: smallBasket(own, products),
      })
    advance()
  })
}

/** Every third customer is asked, and each does something else than the one before. */
const mannerOf = (index: number): Manner =>
  index % oneIn === 0
    ? (mannersOfAsked[(index / oneIn) % mannersOfAsked.length] ?? 'approves')
    : 'is not asked'

/** After every third checkout something becomes of the payment, and something else than the time before. */
const fateOf = (index: number): Fate | undefined =>
  index % oneIn === 1 ? fates[Math.floor(index / oneIn) % fates.length] : undefined

const rowOf = (
  manner: Manner,
  outcomes: ReturnType<ReturnType<typeof createCustomers>['outcomes']>,
): readonly string[] => {
  const own = outcomes.filter(outcome => outcome.manner === manner)
  const shown = ['confirmed', 'declined', 'out of stock']
  const count = (kind: string) => own.filter(outcome => outcome.kind === kind).length
  const others = own.filter(({ kind }) => !shown.includes(kind)).length
  return [manner, String(own.length), ...shown.map(kind => String(count(kind))), String(others)]
}
