import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { customer, startOrdersUnderTest } from './orders-under-test.ts'
import { orderOf, place, placed } from './placing.ts'

const orders = await startOrdersUnderTest()
const { products, payments } = orders
const mug = (available = 100, priceMinor = 1_800) =>
  products.add({ sku: `MUG-${uuidv7()}`, priceMinor, available })

const ordersOf = (customerId: string) =>
  orders.sql<{ id: string; status: string; version: number; step: string | null }>(
    'select id, status, version, step from orders where customer_id = $1 order by id',
    [customerId],
  )
const onlyOrderOf = async (customerId: string) => {
  const [order, ...others] = await ordersOf(customerId)
  if (order === undefined || others.length > 0) throw new Error(`not one order of ${customerId}`)
  return order
}
const takesNothing = async (orderId: string, productId: string, available: number) => {
  await vi.waitFor(
    async () => {
      const [row] = await orders.sql('select status, step from orders where id = $1', [orderId])
      expect(row).toEqual({ status: 'REJECTED', step: null })
    },
    { timeout: 60_000 },
  )
  expect(products.available(productId)).toBe(available)
  expect(payments.heldMinor(orderId)).toBe(0)
}

/** n.b. where 33 orders at a time take more than 3 s, their answers are PENDING */
const isConfirmed = (orderId: string) =>
  vi.waitFor(async () =>
    expect(await orders.sql('select status from orders where id = $1', [orderId])).toEqual([
      { status: 'CONFIRMED' },
    ]),
  )

afterEach(() => {
  products.behave({})
  payments.behave({})
  payments.setAway(false)
})

it('is not placed before the e-mail address is known to be the customer’s, if the shop asks for that', async () => {
  const strict = await orders.start({ VERIFIED_EMAIL_REQUIRED: true })
  const viewer = customer()
  const items = [{ productId: mug(5), quantity: 1 }]
  const choice = { idempotencyKey: 'unverified', url: strict.url }
  expect(await place(orders, viewer, items, choice)).toMatchObject({ __typename: 'EmailNotVerified' })
  expect(await ordersOf(viewer.id)).toEqual([])
  const verified = { ...viewer, scopes: ['email:verified'] }
  expect(await place(orders, verified, items, choice)).toMatchObject({ __typename: 'PlaceOrderSuccess' })
})

describe('an order that is refused', () => {
  it('names why the payment was declined, keeps no stock, and says so again', async () => {
    const viewer = customer()
    const productId = mug(5)
    const choice = { idempotencyKey: 'poor', paymentMethod: 'pm_card_chargeDeclined' }
    const declined = await place(orders, viewer, [{ productId, quantity: 5 }], choice)
    expect(declined).toMatchObject({ __typename: 'PaymentDeclined', reason: 'generic_decline' })
    const { id, version } = await onlyOrderOf(viewer.id)
    expect(version).toBe(2)
    await takesNothing(id, productId, 5)
    expect(products.reservation(id)).toBe('RELEASED')
    expect(await place(orders, viewer, [{ productId, quantity: 5 }], choice)).toEqual(declined)
  })

  it('is told again in the words that an earlier release has stored in its row', async () => {
    const viewer = customer()
    const items = [{ productId: mug(5), quantity: 6 }]
    const choice = { idempotencyKey: 'early' }
    const told = await place(orders, viewer, items, choice)
    expect(told).toMatchObject({ __typename: 'OutOfStock', items: [{ requested: 6, available: 5 }] })
    const [written] = await orders.sql<{ refusal: object }>(
      'select refusal from orders where customer_id = $1',
      [viewer.id],
    )
    expect(written?.refusal).toMatchObject({ message: told.message })
    const [row] = await orders.sql<{ refusal: object }>(
      `update orders set refusal = refusal || '{"message": "Too few."}' where customer_id = $1 returning refusal`,
      [viewer.id],
    )
    expect(row?.refusal).toEqual({
      kind: 'OutOfStock',
      message: 'Too few.',
      shortages: [{ productId: items[0]?.productId, requested: 6, available: 5 }],
    })
    expect(await place(orders, viewer, items, choice)).toEqual({ ...told, message: 'Too few.' })
  })

  it('voids the payment when the stock expired meanwhile and somebody else has it', async () => {
    const viewer = customer()
    const productId = mug(5)
    const commits = Promise.withResolvers<void>()
    const before = products.calls('commitStock')
    products.behave({ commitStock: { actAfter: commits.promise } })
    const placing = place(orders, viewer, [{ productId, quantity: 5 }])
    await vi.waitFor(() => expect(products.calls('commitStock')).toBe(before + 1))
    const { id } = await onlyOrderOf(viewer.id)
    products.expire(id)
    products.adjust(productId, -1)
    commits.resolve()
    expect(await placing).toMatchObject({ __typename: 'OutOfStock', items: [{ requested: 5, available: 4 }] })
    await takesNothing(id, productId, 4)
    expect(payments.charge(id)).toMatchObject({ state: 'VOIDED' })
  })

  it('puts the stock back when the authorization has lapsed before it is captured', async () => {
    const viewer = customer()
    const productId = mug(5)
    const captures = Promise.withResolvers<void>()
    const before = payments.calls('capture')
    payments.behave({ capture: { actAfter: captures.promise } })
    const placing = place(orders, viewer, [{ productId, quantity: 2 }])
    await vi.waitFor(() => expect(payments.calls('capture')).toBe(before + 1))
    const { id } = await onlyOrderOf(viewer.id)
    payments.lapse(id)
    captures.resolve()
    expect(await placing).toMatchObject({ __typename: 'PaymentDeclined', reason: 'authorization_lapsed' })
    await takesNothing(id, productId, 5)
  })
})

describe('an order that can not be taken now', () => {
  it.each(['products', 'payments'] as const)('writes nothing while %s is known to be away', async service => {
    const viewer = customer()
    const items = [{ productId: mug(), quantity: 1 }]
    const key = { idempotencyKey: 'later' }
    if (service === 'payments') payments.setAway(true)
    else products.behave({ _entities: 'refuse' })
    const away = await place(orders, viewer, items, key)
    expect(away).toMatchObject({ __typename: 'TryAgain', retryAfterSeconds: 2 })
    expect(await ordersOf(viewer.id)).toEqual([])
    products.behave({})
    payments.setAway(false)
    expect((await placed(orders, viewer, items, key)).status).toBe('CONFIRMED')
  })

  it('needs no payment provider when it costs nothing', async () => {
    payments.setAway(true)
    const before = payments.calls('authorize')
    const productId = mug(3, 0)
    const { id, status, total } = await placed(orders, customer(), [{ productId, quantity: 3 }])
    expect([status, total.amountMinor, products.available(productId)]).toEqual(['CONFIRMED', 0, 0])
    expect(products.reservation(id)).toBe('COMMITTED')
    expect(payments.calls('authorize')).toBe(before)
  })

  it.each([
    'products',
    'payments',
  ] as const)('is turned away when %s was not asked, and its key is good for a new one', async service => {
    const viewer = customer()
    const productId = mug(5)
    const items = [{ productId, quantity: 5 }]
    const key = { idempotencyKey: 'turned away' }
    if (service === 'payments') payments.behave({ authorize: 'refuse' })
    else products.behave({ reserveStock: 'tooLate' })
    expect((await place(orders, viewer, items, key)).__typename).toBe('TryAgain')
    const { id } = await onlyOrderOf(viewer.id)
    await takesNothing(id, productId, 5)
    products.behave({})
    payments.behave({})
    const confirmed = await placed(orders, viewer, items, key)
    expect(confirmed.status).toBe('CONFIRMED')
    expect(confirmed.id).not.toBe(id)
    expect(products.available(productId)).toBe(0)
  })

  it('is turned away in time when products hangs before anything is written', async () => {
    const viewer = customer()
    products.behave({ _entities: 'hang' })
    const startedAt = performance.now()
    const answer = await place(orders, viewer, [{ productId: mug(), quantity: 1 }], { waitMs: 1_000 })
    expect(answer.__typename).toBe('TryAgain')
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(await ordersOf(viewer.id)).toEqual([])
  })

  it('waits for its turn behind 32 others, and is turned away when that does not come in time', async () => {
    const productId = mug(100)
    const items = [{ productId, quantity: 1 }]
    const others = Promise.withResolvers<void>()
    const before = payments.calls('authorize')
    payments.behave({ authorize: { actAfter: others.promise } })
    const placing = Array.from({ length: 32 }, () => place(orders, customer(), items))
    await vi.waitFor(() => expect(payments.calls('authorize')).toBe(before + 32), { timeout: 60_000 })
    const viewer = customer()
    const late = await place(orders, viewer, items, { idempotencyKey: 'crowd', waitMs: 800 })
    expect(late.__typename).toBe('TryAgain')
    expect(await ordersOf(viewer.id)).toEqual([])
    const inTime = place(orders, viewer, items, { idempotencyKey: 'crowd' })
    others.resolve()
    for (const answer of await Promise.all([inTime, ...placing])) await isConfirmed(orderOf(answer).id)
  })

  it('tells the new total when it is not the one that was shown, and writes nothing', async () => {
    const viewer = customer()
    const items = [{ productId: mug(5, 1_900), quantity: 2 }]
    const key = { idempotencyKey: 'honest' }
    expect(await place(orders, viewer, items, { ...key, expectedTotalMinor: 3_600 })).toMatchObject({
      __typename: 'PriceChanged',
      oldTotal: { amountMinor: 3_600 },
      newTotal: { amountMinor: 3_800 },
    })
    expect(await ordersOf(viewer.id)).toEqual([])
    const answer = await place(orders, viewer, items, { ...key, expectedTotalMinor: 3_800 })
    expect(orderOf(answer).status).toBe('CONFIRMED')
  })
})

describe('an order that the payment provider can not charge', () => {
  it.each([
    ['EUR', 30, 1, 'The total of €0.30 is too small to be paid: the least is €0.50. Order more.'],
    [
      'EUR',
      10_000_000,
      10,
      'The total of €1,000,000.00 is too large for one payment: the most is €999,999.99. Split the order.',
    ],
    [
      'HUF',
      10_000,
      1,
      'The total of HUF 100.00 is too small to be paid: the least is HUF 175.00. Order more.',
    ],
    ['JPY', 49, 1, 'The total of ¥49 is too small to be paid: the least is ¥50. Order more.'],
    [
      'ISK',
      1_000_000,
      1,
      'The total of ISK 1,000,000 is too large for one payment: the most is ISK 999,999. Split the order.',
    ],
    [
      'KWD',
      1_255,
      1,
      "The total of KWD 1.255 can't be paid exactly: payments go in steps of KWD 0.010. Change the quantities.",
    ],
    ['LYD', 5_000, 1, 'No payment is taken in LYD: order products of another currency.'],
    [
      'IDR',
      Number.MAX_SAFE_INTEGER,
      2,
      "The total is more than 9,007,199,254,740,991 of the currency's smallest unit: split the order.",
    ],
  ])('is refused before anything is reserved: %s %d × %d', async (currency, priceMinor, quantity, message) => {
    const viewer = customer()
    const productId = products.add({ sku: `DEAR-${uuidv7()}`, priceMinor, currency, available: 100 })
    const key = { idempotencyKey: 'unpayable' }
    const [reserved, authorized] = [products.calls('reserveStock'), payments.calls('authorize')]
    const answer = await place(orders, viewer, [{ productId, quantity }], key)
    expect({ ...answer, message: String(answer.message).replaceAll('\u00a0', ' ') }).toEqual({
      __typename: 'InvalidOrder',
      field: 'items',
      message,
    })
    expect(await ordersOf(viewer.id)).toEqual([])
    expect([products.calls('reserveStock'), payments.calls('authorize')]).toEqual([reserved, authorized])
    expect(products.available(productId)).toBe(100)
    const items = [{ productId: mug(5), quantity: 1 }]
    expect((await placed(orders, viewer, items, key)).status).toBe('CONFIRMED')
  })

  it('is placed when it costs nothing, in any currency', async () => {
    const productId = products.add({ sku: `FREE-${uuidv7()}`, priceMinor: 0, currency: 'LYD', available: 1 })
    expect(await placed(orders, customer(), [{ productId, quantity: 1 }])).toMatchObject({
      status: 'CONFIRMED',
      total: { amountMinor: 0, currency: 'LYD' },
    })
  })
})
