import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { checkLedger } from '@supergraph/ledger/check.ts'
import { LedgerUnreadable, openDatabases } from '@supergraph/ledger/databases.ts'
import { readOrderAccount } from '@supergraph/ledger/order-account.ts'
import { kinds, type Violation } from '@supergraph/ledger/violations.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { orderInput, placeOrder } from '../../../testbed/orders.ts'
import { damages, type Expected, type Victims } from './damages.fixture.ts'
import { type Customer, type ShopUnderTest, startShopUnderTest } from './shop-under-test.ts'

describe('a shop', () => {
  let shop: ShopUnderTest
  let ada: Customer
  let mug: string

  beforeAll(async () => {
    shop = await startShopUnderTest()
    ada = await shop.createCustomer('Ada')
    mug = await shop.findProduct('MUG-STONE-350')
  })
  afterAll(() => shop?.stop())

  it('is clean with its demo data and one more customer', async () => {
    const { violations, totals } = await checkLedger(shop.databaseUrls)
    expect(violations).toEqual([])
    expect(totals).toMatchObject({ orders: 14, ordersInFlight: 0, products: 60 })
  })

  it('is clean after every kind of order, and adds up', async () => {
    const before = (await checkLedger(shop.databaseUrls)).totals
    const { order: kept } = await shop.place(ada, mug, { quantity: 3 })
    const { order: shipped } = await shop.place(ada, mug)
    const { order: refunded } = await shop.place(ada, mug, { quantity: 2 })
    const { order: cancelled } = await shop.place(ada, mug)
    const refusals = [
      await shop.place(ada, mug, { quantity: 10_000 }),
      await shop.place(ada, mug, { paymentMethod: 'pm_card_visa_chargeDeclinedInsufficientFunds' }),
    ]
    expect(refusals.map(({ __typename }) => __typename)).toEqual(['OutOfStock', 'PaymentDeclined'])
    const commands = [
      await shop.ship(shipped.id),
      await shop.refund(kept.id, [{ productId: mug, quantity: 1 }]),
      await shop.refund(refunded.id),
      await shop.cancel(ada, cancelled.id),
    ]
    expect(commands.map(({ order }) => order.status)).toEqual([
      'SHIPPED',
      'CONFIRMED',
      'REFUNDED',
      'CANCELLED',
    ])

    const { violations, totals } = await checkLedger(shop.databaseUrls)
    expect(violations).toEqual([])
    const kept3 = { orders: before.units.orders + 6, service: before.units.service + 6 }
    expect(totals).toMatchObject({ orders: before.orders + 6, units: kept3 })
    const euros = (before.money.EUR?.service ?? 0n) + 3n * 1_800n
    expect(totals.money).toMatchObject({ EUR: { orders: euros, service: euros } })
  })

  it.each([
    ['ISK', 1_500],
    ['KWD', 1_250],
    ['IDR', 9_000_000_000],
  ])('is clean after an order in %s, however the payment provider counts it', async (currency, price) => {
    const product = await shop.findProduct('MUG-ENAMEL-300')
    await shop.databases.products.sql('update products set currency = $2, price_minor = $3 where id = $1', [
      ...[product, currency, price],
    ])
    const { order } = await shop.place(ada, product, { quantity: 2 })
    await shop.refund(order.id, [{ productId: product, quantity: 1 }])
    const { violations, totals } = await checkLedger(shop.databaseUrls)
    expect(violations).toEqual([])
    expect(totals.money[currency]).toEqual({ orders: BigInt(price), service: BigInt(price) })
  })

  it('has no violation in an order that is in flight', async () => {
    await shop.setPaymentsHang(true)
    onTestFinished(() => shop.setPaymentsHang(false))
    const { data } = await ada.frontEnd.ask(placeOrder, { input: orderInput(mug) })
    expect(data.placeOrder.order.status).toBe('PENDING')
    const { violations, totals } = await checkLedger(shop.databaseUrls)
    expect(violations).toEqual([])
    expect(totals.ordersInFlight).toBe(1)
  })

  it('gets time to bring together what disagrees', async () => {
    const { order } = await shop.place(ada, mug)
    const { sql } = shop.databases.orders
    const move = (by: number) =>
      sql('update order_items set unit_price_minor = unit_price_minor + $2 where order_id = $1', [
        order.id,
        by,
      ])
    await move(1)
    const settled: Promise<void>[] = []
    const { violations } = await checkLedger(shop.databaseUrls, { onSettle: () => settled.push(move(-1)) })
    await Promise.all(settled)
    expect(settled).toHaveLength(1)
    expect(violations).toEqual([])
  })

  it('tells of one order what each service has, and what of that disagrees', async () => {
    const { order } = await shop.place(ada, mug)
    const databases = await openDatabases(shop.databaseUrls)
    onTestFinished(databases.stop)
    await expect
      .poll(() => readOrderAccount(databases, order.id))
      .toMatchObject({
        isAtRest: true,
        violations: [],
        sides: expect.arrayContaining([{ name: 'products', says: 'COMMITTED; 1 unit' }]),
      })
    const price = 'update order_items set unit_price_minor = $2 where order_id = $1'
    await shop.databases.orders.sql(price, [order.id, 1])
    const damaged = await readOrderAccount(databases, order.id)
    await shop.databases.orders.sql(price, [order.id, 1_800])
    expect(damaged?.violations).toMatchObject([
      { kind: 'total-disagrees', meaning: kinds['total-disagrees'] },
    ])
    expect(await readOrderAccount(databases, crypto.randomUUID())).toBeUndefined()
    expect(await readOrderAccount(databases, 'no id')).toBeUndefined()
  })

  it.each([
    ['0', [], [/^\d+ orders.*, 0 violations$/m]],
    ['1', ['--settle', '0.1'], [/^total-disagrees {2}[0-9a-f-]{36}$/m, /, 1 violation$/m]],
    ['2', ['--settle', 'soon'], [/--settle takes a number of seconds/]],
    ['0', ['--reconcile'], [/^0 done, 0 left for --apply/m]],
    ['2', ['--reconcile', '--apply'], [/^Stop them first: .*orders \(.*still connected/m]],
    ['2', ['--apply'], [/--apply takes --reconcile/]],
  ])('makes the command exit with %s', async (code, flags, outputs) => {
    const placed = await shop.place(ada, mug)
    expect(placed).toMatchObject({ __typename: 'PlaceOrderSuccess' })
    const change = (minor: number) =>
      shop.databases.orders.sql('update order_items set unit_price_minor = $2 where order_id = $1', [
        placed.order.id,
        minor,
      ])
    if (code === '1') await change(1)
    const found = await runCommand(variablesOf(shop), flags)
    await change(1_800)
    expect(found.code).toBe(Number(code))
    for (const output of outputs) expect(found.output).toMatch(output)
  })

  it('names the setting of a database that it can not read', async () => {
    const variables = variablesOf(shop)
    const nowhere = { ...variables, ORDERS_DATABASE_URL: 'postgres://orders:secret@127.0.0.1:1/orders' }
    const away = await runCommand(nowhere, [])
    expect(away).toMatchObject({ code: 2, output: expect.stringContaining('ORDERS_DATABASE_URL') })
    expect(away.output).not.toContain('secret')
    const empty = await createTestDatabase()
    onTestFinished(empty.drop)
    await expect(checkLedger({ ...shop.databaseUrls, products: empty.url })).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining('PRODUCTS_DATABASE_URL') }),
    )
    await expect(checkLedger({ ...shop.databaseUrls, products: empty.url })).rejects.toThrow(LedgerUnreadable)
  })
})

describe('a damaged shop', () => {
  const expected = new Map<string, readonly Expected[]>()
  let violations: readonly Violation[] = []
  let shop: ShopUnderTest

  beforeAll(async () => {
    shop = await startShopUnderTest()
    const victims = await createVictims(shop)
    expect((await checkLedger(shop.databaseUrls)).violations).toEqual([])
    // n.b. while it runs, the shop would repair some of the damage
    await shop.close()
    for (const [name, damage] of Object.entries(damages)) {
      expected.set(name, await damage(shop.databases, victims))
    }
    violations = (await checkLedger(shop.databaseUrls, { settleMs: 100 })).violations
  })
  afterAll(() => shop?.stop())

  it.each(Object.keys(damages))('shows %s', name => {
    for (const [kind, subject, ...ids] of expected.get(name) ?? []) {
      const found = violations.filter(violation => violation.kind === kind && violation.subject === subject)
      expect(found).toHaveLength(1)
      expect(new Set(found.flatMap(violation => violation.ids))).toEqual(new Set(ids))
    }
  })

  it('shows nothing else', () => {
    const text = (kind: string, subject: string) => `${kind} ${subject}`
    expect(violations.map(({ kind, subject }) => text(kind, subject)).toSorted()).toEqual(
      [...expected.values()].flatMap(all => all.map(([kind, subject]) => text(kind, subject))).toSorted(),
    )
  })

  it('is damaged in every way that the check knows, but for sums that differ alone', () => {
    const planted = new Set<string>([...expected.values()].flatMap(all => all.map(([kind]) => kind)))
    expect(Object.keys(kinds).filter(kind => !planted.has(kind))).toEqual(['sums-disagree'])
  })
})

/** As many orders, customers and products as the damages take. */
const createVictims = async (shop: ShopUnderTest): Promise<Victims> => {
  const productId = await shop.findProduct('MUG-STONE-350')
  const place = async (options?: Parameters<ShopUnderTest['place']>[2]) => {
    const customer = await shop.createCustomer('Victim')
    const { order } = await shop.place(customer, productId, options)
    const orderId =
      order?.id ??
      (await shop.databases.orders.value('select id from orders where customer_id = $1 order by id desc', [
        customer.id,
      ]))
    return { customer, victim: { orderId, productId, customerId: customer.id } }
  }
  const confirmed = await Promise.all(Object.keys(damages).map(async () => (await place()).victim))
  const cancelled = await Promise.all(
    ['stuck', 'stock-kept'].map(async () => {
      const { customer, victim } = await place()
      await shop.cancel(customer, victim.orderId)
      return victim
    }),
  )
  const rejected = [(await place({ paymentMethod: 'pm_card_chargeDeclined' })).victim]
  const newcomers = await Promise.all(
    ['Eve', 'Mallory', 'Trent'].map(async name => (await shop.createCustomer(name)).id),
  )
  const products = [await shop.findProduct('SOAP-OLIVE-200')]
  return {
    confirmed: () => take(confirmed),
    cancelled: () => take(cancelled),
    rejected: () => take(rejected),
    newcomer: () => take(newcomers),
    product: () => take(products),
  }
}

const take = <T>(from: T[]): T => {
  const taken = from.pop()
  if (taken === undefined) throw new Error('nothing is left to be damaged')
  return taken
}

const variablesOf = ({ databaseUrls }: ShopUnderTest) => ({
  USERS_DATABASE_URL: databaseUrls.users,
  PRODUCTS_DATABASE_URL: databaseUrls.products,
  ORDERS_DATABASE_URL: databaseUrls.orders,
  NOTIFICATIONS_DATABASE_URL: databaseUrls.notifications,
  PAYMENT_SIMULATOR_DATABASE_URL: databaseUrls['payment-simulator'],
  ANALYTICS_DATABASE_URL: databaseUrls.analytics,
})

const runCommand = (variables: Readonly<Record<string, string>>, flags: readonly string[]) => {
  const { promise, resolve } = Promise.withResolvers<{ readonly code: number; readonly output: string }>()
  const program = join(import.meta.dirname, '..', 'ledger.ts')
  const child = execFile(
    process.execPath,
    [program, ...flags],
    { env: { ...process.env, ...variables } },
    (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: `${stdout}${stderr}` }),
  )
  return promise
}
