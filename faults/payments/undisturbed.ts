import { waitUntil } from '../../testbed/waiting.ts'
import { type ScenarioContext, unmet } from '../scenario.ts'
import type { ShelfProduct } from '../shop/shop.ts'
import type { createCustomers, Manner } from './customers.ts'

type Undisturbed = {
  readonly customers: ReturnType<typeof createCustomers>
  /** Of which there are enough units. */
  readonly plenty: ShelfProduct
}

/** One customer who approves, while nothing is disturbed: the order is confirmed. */
export const findUnconfirmed = async (
  context: ScenarioContext,
  world: Undisturbed,
  when: string,
): Promise<readonly string[]> => {
  const kind = await checkOut(context, world, { manner: 'approves', when })
  return unmet([[kind === 'confirmed', `a customer who approved ${when}: ${kind}`]])
}

/** One customer who approves too late, while nothing is disturbed. */
export const approveLate = async (context: ScenarioContext, world: Undisturbed): Promise<void> => {
  await checkOut(context, world, { manner: 'approves too late', when: 'at last' })
}

const checkOut = (
  { name, random }: ScenarioContext,
  { customers, plenty }: Undisturbed,
  { manner, when }: { readonly manner: Manner; readonly when: string },
) => {
  const key = `${name} ${manner} ${when}`
  return customers.checkOut({
    manner,
    own: random.fork(key),
    key,
    items: [{ productId: plenty.id, quantity: 1 }],
  })
}

const returnedTwice = 'failed, succeeded'

type RefundRow = { readonly status: string }

/** The bank sends back what the shop returns of a cancelled order: the shop returns it once more. */
export const findUnreturned = async (
  { name, shop, system, random }: ScenarioContext,
  { plenty }: Undisturbed,
): Promise<readonly string[]> => {
  const key = `${name} cancelled at last`
  const customer = random.fork(key).pick(shop.customers)
  const { orderId, kind } = await shop.checkOut({
    key,
    customer,
    items: [{ productId: plenty.id, quantity: 1 }],
  })
  if (orderId === null) return [`${key}: ${kind}`]
  await system.payments.set(
    [{ operation: 'refund', kind: 'failsLater', probability: 1, times: 1, delayMs: 500 }],
    1,
  )
  const isCancelled = await shop.cancel(orderId, customer)
  const readRefunds = async () => {
    const refunds = await system.database.query<RefundRow>('payment-simulator', refundsOfOrder, [orderId])
    return refunds.map(({ status }) => status).join(', ')
  }
  await waitUntil(
    'the money is returned a second time',
    async () => (await readRefunds()) === returnedTwice,
    { pollMs: 200 },
  ).catch(() => {})
  await system.payments.clear()
  const found = await readRefunds()
  return unmet([
    [isCancelled, `${key}: it could not be cancelled`],
    [found === returnedTwice, `${key}: its refunds are ${found || 'none'}`],
  ])
}

const refundsOfOrder = `
  select refunds.status from refunds join payment_intents on payment_intents.id = payment_intent_id
  where payment_intents.order_id = $1 order by refunds.created_at`
