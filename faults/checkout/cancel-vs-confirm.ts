import { setTimeout as pause } from 'node:timers/promises'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { inParallel } from '../../testbed/waiting.ts'
import { type Scenario, type ScenarioContext, unmet } from '../scenario.ts'

const atOnce = 8
const slowMs = 60
const maxDelayMs = 150
const patientChance = 0.2
const lookMs = 5

/** Customers who cancel while their checkout is under way, at any of its steps, and some who wait for its outcome. */
export const cancelVsConfirm: Scenario = {
  name: 'cancel-vs-confirm',
  guarantee: 'cancels that race the checkout: every order CANCELLED, its stock and its money returned',
  sizes: { full: 500, short: 24 },
  run: async context => {
    const { shop, system, random, size, advance } = context
    const product = await shop.createProduct(size)
    const hasty = new Map<string, Viewer>()
    const canceller = cancelPlaced(context, hasty)
    await system.payments.set(
      [{ operation: 'any', kind: 'slow', probability: 0.5, delayMs: slowMs }],
      random.integer(1, 1_000_000),
    )
    try {
      await inParallel(size, atOnce, async index => {
        const key = `cancel-vs-confirm ${index}`
        const own = random.fork(key)
        const customer = own.pick(shop.customers)
        const waits = own.chance(patientChance)
        if (!waits) hasty.set(key, customer)
        const reply = await shop.checkOut({ key, customer, items: [{ productId: product.id, quantity: 1 }] })
        if (waits && reply.orderId !== null) await shop.cancel(reply.orderId, customer)
        advance()
      })
    } finally {
      await canceller.finish()
      await system.payments.clear()
    }
    const histories = await readHistories(context)
    const count = (history: string) => histories.filter(row => row.history === history).length
    const [early, late] = [count('PENDING CANCELLED'), count('PENDING CONFIRMED CANCELLED')]
    return unmet([
      [
        early + late === size,
        `${early + late} of ${size} cancelled: ${JSON.stringify(histories.slice(0, 20))}`,
      ],
      [early > 0, 'no cancel came before the confirmation'],
      [late > 0, 'no cancel came after the confirmation'],
    ])
  },
}

/** Cancels every order of these keys a little after it was placed. */
const cancelPlaced = ({ shop, system, random }: ScenarioContext, customers: ReadonlyMap<string, Viewer>) => {
  const seen = new Set<string>()
  const cancels: Promise<unknown>[] = []
  let isOver = false
  const look = async (): Promise<void> => {
    const placed = await system.database.query<{ id: string; key: string }>(
      'orders',
      `select id, shipping->>'line1' as key from orders
       where status in ('PENDING', 'CONFIRMED') and shipping->>'line1' = any($1)`,
      [[...customers.keys()]],
    )
    for (const { id, key } of placed) {
      const customer = customers.get(key)
      if (customer === undefined || seen.has(id)) continue
      // n.b. this reads by id, because a key that a refusal has freed may belong to another order now
      seen.add(id)
      const delayMs = random.fork(`delay ${key}`).integer(0, maxDelayMs)
      cancels.push(pause(delayMs).then(() => shop.cancel(id, customer)))
    }
  }
  const watching = (async () => {
    while (!isOver) {
      await look()
      await pause(lookMs)
    }
    await look()
  })()
  return {
    finish: async (): Promise<void> => {
      isOver = true
      await watching
      await Promise.all(cancels)
    },
  }
}

const readHistories = ({ system }: ScenarioContext) =>
  system.database.query<{ id: string; history: string }>(
    'orders',
    `select id, string_agg(order_changes.status, ' ' order by order_changes.version) as history
     from orders join order_changes on order_id = id
     where shipping->>'line1' like 'cancel-vs-confirm %' and refusal->>'kind' is distinct from 'Unavailable'
     group by id`,
  )
