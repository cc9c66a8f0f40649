import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { forgetReservation, giveStockBack, takeStockAgain } from '../database/recovery.ts'
import { tables } from '../database/tables.ts'
import { addProduct, orders, staff, startTestProducts, type TestProducts } from './products-under-test.ts'
import { reserveQuery, reservingAt } from './reserving.ts'

let products: TestProducts

beforeAll(async () => {
  products = await startTestProducts({ replicas: 2 })
})
afterAll(() => products?.stop())

const { reserve, commit, release, available, reservation, books } = reservingAt(() => products)
const waitingForLock = `select from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`
const archive = (productId: string) =>
  products.ask(
    staff,
    'mutation ($input: ArchiveProductInput!) { archiveProduct(input: $input) { __typename } }',
    { input: { productId } },
  )

describe('reserveStock', () => {
  it('gives the last 10 units to exactly 10 of 50 who want one at once', async () => {
    const productId = await addProduct(products, 10)
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => reserve(uuidv7(), [{ productId, quantity: 1 }])),
    )
    expect(Object.groupBy(outcomes, ({ __typename }) => __typename)).toMatchObject({
      ReserveStockSuccess: { length: 10 },
      StockShortage: { length: 40 },
    })
    expect(await books([productId])).toEqual([{ onHand: 10, reserved: 10, version: 11 }])
  })

  it('does not deadlock on baskets in opposite order', async () => {
    const [a, b, c] = await Promise.all([100, 100, 100].map(units => addProduct(products, units)))
    const basket = [a, b, c].map((productId = '') => ({ productId, quantity: 1 }))
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) => reserve(uuidv7(), index % 2 ? basket : basket.toReversed())),
    )
    expect(new Set(outcomes.map(({ __typename }) => __typename))).toEqual(new Set(['ReserveStockSuccess']))
    expect(await Promise.all(basket.map(({ productId }) => available(productId)))).toEqual([60, 60, 60])
  })

  it('takes all lines or none, and names each that is short', async () => {
    const enough = await addProduct(products, 5)
    const short = await addProduct(products, 1)
    const archived = await addProduct(products, 9)
    await archive(archived)
    const unknown = uuidv7()
    const orderId = uuidv7()
    const refused = await reserve(
      orderId,
      [enough, short, archived, unknown, 'no uuid'].map(productId => ({ productId, quantity: 2 })),
    )
    expect(refused.__typename).toBe('StockShortage')
    expect(refused.items).toHaveLength(4)
    expect(refused.items).toEqual(
      expect.arrayContaining([
        { productId: short, requested: 2, available: 1 },
        { productId: archived, requested: 2, available: 0 },
        { productId: unknown, requested: 2, available: 0 },
        { productId: 'no uuid', requested: 2, available: 0 },
      ]),
    )
    expect(await reservation(orderId)).toEqual([{ state: 'REFUSED', units: 0 }])
    expect(await books([enough, short])).toMatchObject([{ version: 1 }, { version: 1 }])
  })

  it('repeats a refusal as it was given, even if the units have come meanwhile', async () => {
    const productId = await addProduct(products, 1)
    const orderId = uuidv7()
    const lines = [{ productId, quantity: 3 }]
    const refused = await reserve(orderId, lines)
    expect(refused).toEqual({
      __typename: 'StockShortage',
      items: [{ productId, requested: 3, available: 1 }],
    })
    await products.ask(
      staff,
      'mutation ($input: AdjustStockInput!) { adjustStock(input: $input) { __typename } }',
      { input: { productId, delta: 9, reason: 'Delivery' } },
    )
    expect(await Promise.all([1, 2, 3].map(() => reserve(orderId, lines)))).toEqual([
      refused,
      refused,
      refused,
    ])
    expect(await commit(orderId)).toEqual(refused)
    expect(await books([productId])).toEqual([{ onHand: 10, reserved: 0, version: 2 }])
    expect((await reserve(uuidv7(), lines)).__typename).toBe('ReserveStockSuccess')
  })

  it('says again that an order has its units, even if no others are left by then', async () => {
    const productId = await addProduct(products, 2)
    const orderId = uuidv7()
    const lines = [{ productId, quantity: 2 }]
    const reserved = await reserve(orderId, lines)
    expect(await reserve(orderId, lines)).toEqual(reserved)
    await commit(orderId)
    expect(await reserve(orderId, lines)).toEqual(reserved)
    expect(await books([productId])).toEqual([{ onHand: 0, reserved: 0, version: 2 }])
  })

  it('refuses a sold-out product without waiting for transactions that change it', async () => {
    const productId = await addProduct(products, 1)
    const holder = await products.connect()
    try {
      await holder.query('begin')
      await holder.query('select from products where id = $1 for update', [productId])
      expect((await reserve(uuidv7(), [{ productId, quantity: 2 }])).__typename).toBe('StockShortage')
    } finally {
      await holder.query('rollback')
      holder.release()
    }
  })

  it('takes nothing of a product that is archived while the order waits for it', async () => {
    const productId = await addProduct(products, 5)
    const orderId = uuidv7()
    const holder = await products.connect()
    let reserving: ReturnType<typeof reserve>
    try {
      await holder.query('begin')
      await holder.query('update products set archived_at = now() where id = $1', [productId])
      reserving = reserve(orderId, [{ productId, quantity: 1 }])
      await vi.waitFor(async () => expect(await products.rows(waitingForLock)).toHaveLength(1))
    } finally {
      await holder.query('commit')
      holder.release()
    }
    const items = [{ productId, requested: 1, available: 0 }]
    expect(await reserving).toEqual({ __typename: 'StockShortage', items })
    expect(await reservation(orderId)).toEqual([{ state: 'REFUSED', units: 0 }])
    expect(await products.rows('select reserved from products where id = $1', [productId])).toEqual([
      { reserved: 0 },
    ])
  })

  it('adds up lines of the same product', async () => {
    const productId = await addProduct(products, 5)
    const lines = [2, 3].map(quantity => ({ productId, quantity }))
    expect(
      await reserve(uuidv7(), [...lines, { productId: productId.toUpperCase(), quantity: 1 }]),
    ).toMatchObject({
      items: [{ productId, requested: 6, available: 5 }],
    })
    expect((await reserve(uuidv7(), lines)).__typename).toBe('ReserveStockSuccess')
    expect(await available(productId)).toBe(0)
  })

  it('takes an order once, even if 20 calls come at once', async () => {
    const productId = await addProduct(products, 10)
    const orderId = uuidv7()
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => reserve(orderId, [{ productId, quantity: 3 }])),
    )
    expect(new Set(outcomes.map(({ __typename }) => __typename))).toEqual(new Set(['ReserveStockSuccess']))
    expect(await available(productId)).toBe(7)
    expect(await reservation(orderId)).toEqual([{ state: 'RESERVED', units: 3 }])
  })

  it.each([
    ['no lines', []],
    ['a quantity of 0', [{ quantity: 0 }]],
    ['a negative quantity', [{ quantity: 5 }, { quantity: -4 }]],
    ['more than an Int in all', [{ quantity: 2_147_483_647 }, { quantity: 1 }]],
  ])('refuses %s', async (_what, lines) => {
    const productId = await addProduct(products, 5)
    const items = lines.map(line => ({ productId, ...line }))
    const { codes } = await products.ask(orders, reserveQuery, { input: { orderId: uuidv7(), items } })
    expect(codes).toEqual(['BAD_USER_INPUT'])
    expect(await available(productId)).toBe(5)
  })

  it('runs as many statements for 20 products as for 1', async () => {
    const ids = await Promise.all(Array.from({ length: 21 }, () => addProduct(products, 1)))
    const counts = []
    for (const some of [ids.slice(0, 1), ids.slice(1)]) {
      products.queries.reset()
      await reserve(
        uuidv7(),
        some.map(productId => ({ productId, quantity: 1 })),
      )
      counts.push(products.statements().length)
    }
    expect(counts[1]).toBe(counts[0])
  })
})

describe('releaseStock', () => {
  it('puts an order back once, even if 20 calls come at once', async () => {
    const productId = await addProduct(products, 10)
    const orderId = uuidv7()
    await reserve(orderId, [{ productId, quantity: 4 }])
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => release(orderId)))
    expect(new Set(outcomes.map(({ __typename }) => __typename))).toEqual(new Set(['ReleaseStockSuccess']))
    expect(await books([productId])).toEqual([{ onHand: 10, reserved: 0, version: 3 }])
    expect(await reservation(orderId)).toEqual([{ state: 'RELEASED', units: 4 }])
  })

  it('before its reservation keeps the order from ever taking stock', async () => {
    const productId = await addProduct(products, 10)
    const orderId = uuidv7()
    expect(await release(orderId)).toEqual({ __typename: 'ReleaseStockSuccess', orderId })
    expect((await reserve(orderId, [{ productId, quantity: 4 }])).__typename).toBe('ReservationReleased')
    expect((await release(orderId)).__typename).toBe('ReleaseStockSuccess')
    expect(await available(productId)).toBe(10)
    expect(await reservation(orderId)).toEqual([{ state: 'RELEASED', units: 0 }])
  })

  it('wins in the end when it races with its reservation', async () => {
    const productId = await addProduct(products, 10)
    const ids = Array.from({ length: 20 }, () => uuidv7())
    await Promise.all(ids.flatMap(id => [reserve(id, [{ productId, quantity: 1 }]), release(id)]))
    for (const id of ids) expect(await reservation(id)).toMatchObject([{ state: 'RELEASED' }])
    expect(await available(productId)).toBe(10)
    expect(await books([productId])).toMatchObject([{ onHand: 10, reserved: 0 }])
  })

  it('puts back units of a product that was archived meanwhile, with none to order', async () => {
    const productId = await addProduct(products, 3)
    const orderId = uuidv7()
    await reserve(orderId, [{ productId, quantity: 2 }])
    await archive(productId)
    await release(orderId)
    expect(await books([productId])).toEqual([{ onHand: 3, reserved: 0, version: 3 }])
  })
})

it('keeps products, ledger, reservations and events in agreement through a storm of orders', async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, () => addProduct(products, 20)))
  const lines = (index: number) =>
    ids
      .filter((_, position) => (index + position) % 3)
      .map(productId => ({ productId, quantity: (index % 5) + 1 }))
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const orderId = uuidv7()
      await reserve(orderId, lines(index))
      if (index % 2) await commit(orderId)
      if (index % 3) await release(orderId)
    }),
  )
  expect(await books(ids)).toHaveLength(4)
})

it('publishes each change of the units that can be ordered, in order, and nothing when stock is committed', async () => {
  const heard: { readonly version: number; readonly available: number }[] = []
  const productId = await addProduct(products, 3)
  const consumer = await products.transport.consume({
    queue: 'test.on-product-stock-changed',
    types: [ProductStockChanged.type],
    prefetch: 1,
    deliver: async message => {
      const { subject, version, data } = ProductStockChanged.parse(message)
      if (subject === productId) heard.push({ version, available: data.available })
      return { kind: 'ack' }
    },
  })
  const orderId = uuidv7()
  await reserve(orderId, [{ productId, quantity: 2 }])
  await commit(orderId)
  await release(orderId)
  await vi.waitFor(() => expect(heard).toHaveLength(3), { timeout: 60_000 })
  expect(heard).toEqual([
    { version: 1, available: 3 },
    { version: 2, available: 1 },
    { version: 3, available: 3 },
  ])
  await consumer.stop()
})

describe('after a restore', () => {
  const open = async () => {
    const url = products.databaseUrl
    const database = await openDatabase({ service: 'test', url, tables, migrations: [], poolSize: 1 })
    onTestFinished(database.stop)
    return database
  }

  it('takes the units of several lines of one product once, and adds those that are missing', async () => {
    const database = await open()
    const productId = await addProduct(products, 1)
    const lines = [2, 1].map(quantity => ({ productId, quantity }))
    const orderId = uuidv7()
    expect(await takeStockAgain(database, orderId, lines)).toEqual({ kind: 'taken', addedUnits: 2 })
    expect(await takeStockAgain(database, orderId, lines)).toEqual({ kind: 'unchanged' })
    expect(await reservation(orderId)).toEqual([{ state: 'COMMITTED', units: 3 }])
    expect(await books([productId])).toMatchObject([{ onHand: 0, reserved: 0 }])
    expect(await giveStockBack(database, orderId)).toBe(true)
    expect(await giveStockBack(database, orderId)).toBe(false)
    expect(await takeStockAgain(database, orderId, lines)).toEqual({ kind: 'impossible' })
    expect(await books([productId])).toMatchObject([{ onHand: 3, reserved: 0 }])
  })

  it('forgets what an unknown order holds, but not what has left the warehouse', async () => {
    const database = await open()
    const productId = await addProduct(products, 2)
    const [held, taken] = [uuidv7(), uuidv7()]
    for (const orderId of [held, taken]) await reserve(orderId, [{ productId, quantity: 1 }])
    await commit(taken)
    expect(await forgetReservation(database, held)).toBe(true)
    expect(await forgetReservation(database, taken)).toBe(false)
    expect(await reservation(held)).toEqual([])
    expect(await reservation(taken)).toEqual([{ state: 'COMMITTED', units: 1 }])
    expect(await books([productId])).toMatchObject([{ onHand: 1, reserved: 0 }])
  })
})
