import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseServer } from '../../testbed/database-server.ts'
import type { Random } from '../../testbed/random.ts'
import { waitUntil } from '../../testbed/waiting.ts'
import { type Scenario, type ScenarioContext, unmet } from '../scenario.ts'
import { type OrdersProcess, ordersProcesses } from '../shop/shop.ts'

// n.b. the number is so small that their timeouts open no circuit breaker
const checkoutsPerRound = 4
const slowMs = 1_200

/** A process that sleeps through its lease, while another finishes its orders, and then comes back with its results. */
export const sleeper: Scenario = {
  name: 'sleeper',
  guarantee: 'an orders process that is stopped until its lease is taken changes nothing when it wakes up',
  sizes: { full: 12, short: 1 },
  // n.b. when the sleeper wakes up, its own calls have timed out
  mayFail: true,
  run: async context => {
    const problems: string[] = []
    for (let round = 0; round < context.size; round += 1) {
      problems.push(...(await sleepThrough(context, round)))
      context.advance()
    }
    return problems
  },
}

const moments = ['AUTHORIZE_PAYMENT', 'anywhere', 'CAPTURE_PAYMENT'] as const

const sleepThrough = async (context: ScenarioContext, round: number): Promise<readonly string[]> => {
  const { shop, system, random, noteKill } = context
  const { processes, database } = system
  const own = random.fork(String(round))
  const sleeping: OrdersProcess = own.pick(ordersProcesses)
  const product = await shop.createProduct(checkoutsPerRound)
  const keys = Array.from({ length: checkoutsPerRound }, (_, index) => `sleeper ${round} ${index}`)
  const customer = own.pick(shop.customers)
  const items = [{ productId: product.id, quantity: 1 }]
  await makeReady(context, sleeping, round)
  const moment = moments[round % moments.length] ?? 'anywhere'
  const arrived = await expectMoment(context, own, { keys, moment })
  const replies = Promise.all(keys.map(key => shop.place({ key, customer, items }, sleeping)))
  await arrived()
  processes.pause(sleeping)
  noteKill()
  if (moment !== 'anywhere') await endLeases(database, keys)
  // n.b. if the process sleeps in a transaction, the database ends that transaction after 30 s; only then can others lock the order
  await waitUntil(
    `the other process has finished the orders of round ${round}`,
    () => areFinished(database, keys),
    {
      timeoutMs: 60_000,
    },
  )
  const finished = await readOrders(database, keys)
  processes.resume(sleeping)
  const told = await replies
  const rows = new Map((await readOrders(database, keys)).map(order => [order.id, JSON.stringify(order)]))
  const altered = finished.filter(order => rows.get(order.id) !== JSON.stringify(order))
  // n.b. the sleeper's replies may not be final: requests with the same keys get the final ones
  const words = await Promise.all(keys.map(key => shop.checkOut({ key, customer, items })))
  return unmet([
    [
      altered.length === 0,
      `round ${round}: ${altered.map(order => `${JSON.stringify(order)} became ${rows.get(order.id)}`).join(', ')}`,
    ],
    [
      words.every(({ kind }) => kind === 'confirmed'),
      `round ${round}: not confirmed, but ${words.map(({ kind }) => kind).join(', ')}`,
    ],
    [
      told.every(({ kind }) => kind !== 'refused'),
      `round ${round}: the sleeper answered ${told.map(({ kind, text }) => `${kind} ${text}`).join(', ')}`,
    ],
  ])
}

/** n.b. calls of the previous round have timed out, and count towards the circuit breaker until one succeeds. */
const makeReady = async (
  { shop, system }: ScenarioContext,
  service: OrdersProcess,
  round: number,
): Promise<void> => {
  await system.payments.clear()
  const [customer] = shop.customers
  if (customer === undefined) throw new Error('the shop has no customers')
  const product = await shop.createProduct(1_000)
  let attempts = 0
  await waitUntil(`${service} takes an order before round ${round}`, async () => {
    attempts += 1
    const key = `before sleeper ${round} ${attempts}`
    const reply = await shop.place(
      { key, customer, items: [{ productId: product.id, quantity: 1 }] },
      service,
    )
    return reply.kind === 'confirmed'
  })
}

/** What to await for the moment in which all of the orders are at a step, or any of them anywhere. */
const expectMoment = async (
  { system: { database, payments } }: ScenarioContext,
  random: Random,
  { keys, moment }: { readonly keys: readonly string[]; readonly moment: (typeof moments)[number] },
): Promise<() => Promise<void>> => {
  if (moment === 'anywhere') {
    await payments.clear()
    return async () => {
      await waitUntil('an order is placed', async () => (await readOrders(database, keys)).length > 0)
      await pause(random.integer(0, 100))
    }
  }
  const operation = moment === 'CAPTURE_PAYMENT' ? 'capture' : 'authorize'
  await payments.set(
    [{ operation, kind: 'slow', probability: 1, delayMs: slowMs, times: keys.length }],
    random.integer(1, 1_000_000),
  )
  return () =>
    waitUntil(`all orders are at ${moment}`, async () => {
      const orders = await readOrders(database, keys)
      return orders.length === keys.length && orders.every(({ step }) => step === moment)
    })
}

/** n.b. a lease outlasts the payment's timeout: if the test ends the lease early, the sleeper wakes up to an answer and not to a timeout. */
const endLeases = async ({ query }: DatabaseServer, keys: readonly string[]): Promise<void> => {
  await query(
    'orders',
    `update orders set step_due_at = now() where step is not null and shipping->>'line1' = any($1)`,
    [keys],
  )
}

const areFinished = async (database: DatabaseServer, keys: readonly string[]): Promise<boolean> =>
  (await readOrders(database, keys)).every(({ status, step }) => status !== 'PENDING' && step === null)

type OrderRow = {
  readonly id: string
  readonly status: string
  readonly step: string | null
  readonly version: number
  readonly paymentId: string | null
}

const readOrders = ({ query }: DatabaseServer, keys: readonly string[]) =>
  query<OrderRow>(
    'orders',
    `select id, status, step, version, payment_id as "paymentId" from orders where shipping->>'line1' = any($1) order by id`,
    [keys],
  )
