import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { addProduct, startTestProducts, type TestProducts } from './products-under-test.ts'
import { reservingAt } from './reserving.ts'

let products: TestProducts

beforeAll(async () => {
  products = await startTestProducts({ replicas: 2 })
})
afterAll(() => products?.stop())

const { reserve, hold, commit, release, available, reservation, makeOverdue, books } = reservingAt(
  () => products,
)

const reserved = async (productId: string, quantity: number): Promise<string> => {
  const orderId = uuidv7()
  expect((await reserve(orderId, [{ productId, quantity }])).__typename).toBe('ReserveStockSuccess')
  return orderId
}
const stateOf = async (orderId: string) => (await reservation(orderId))[0]
const hasExpired = (orderId: string) =>
  vi.waitFor(async () => expect(await stateOf(orderId)).toMatchObject({ state: 'EXPIRED' }), {
    timeout: 60_000,
    interval: 50,
  })

// n.b. these run at the same time, because each waits for the sweep
describe.concurrent('a reservation past its end', () => {
  it('gives its units back once, even if two processes look for it', async () => {
    const productId = await addProduct(products, 200)
    const overdue = await Promise.all(Array.from({ length: 120 }, () => reserved(productId, 1)))
    const live = await reserved(productId, 5)
    await Promise.all(overdue.map(makeOverdue))
    await vi.waitFor(async () => expect(await available(productId)).toBe(195), {
      timeout: 60_000,
      interval: 50,
    })
    for (const orderId of overdue) expect(await stateOf(orderId)).toEqual({ state: 'EXPIRED', units: 1 })
    expect(await stateOf(live)).toEqual({ state: 'RESERVED', units: 5 })
    // n.b. reserving makes 1 + 120 + 1 changes, and each expiry makes one
    expect(await books([productId])).toEqual([{ onHand: 200, reserved: 5, version: 242 }])
    expect(
      await products.rows(
        `select count(*)::integer as entries, sum(reserved_delta)::integer as units
         from stock_movements where product_id = $1 and reason = 'Expired' and actor = 'products'`,
        [productId],
      ),
    ).toEqual([{ entries: 120, units: -120 }])
  })

  it('is still committed if its units are free', async () => {
    const productId = await addProduct(products, 5)
    const orderId = await reserved(productId, 3)
    await makeOverdue(orderId)
    await hasExpired(orderId)
    expect(await commit(orderId)).toEqual({ __typename: 'CommitStockSuccess', orderId })
    expect(await books([productId])).toEqual([{ onHand: 2, reserved: 0, version: 4 }])
  })

  it('stays refused if another order has got the units', async () => {
    const productId = await addProduct(products, 5)
    const orderId = await reserved(productId, 3)
    await makeOverdue(orderId)
    await hasExpired(orderId)
    const other = await reserved(productId, 4)
    const refused = await commit(orderId)
    expect(refused).toEqual({
      __typename: 'StockShortage',
      items: [{ productId, requested: 3, available: 1 }],
    })
    await release(other)
    expect(await commit(orderId)).toEqual(refused)
    expect(await stateOf(orderId)).toEqual({ state: 'REFUSED', units: 3 })
    expect(await books([productId])).toMatchObject([{ onHand: 5, reserved: 0 }])
  })

  it('is made anew when the order asks again, and refused if the units are gone', async () => {
    const productId = await addProduct(products, 5)
    const lines = [{ productId, quantity: 3 }]
    const [first, second] = [await reserved(productId, 3), uuidv7()]
    await makeOverdue(first)
    await hasExpired(first)
    expect((await reserve(first, lines)).__typename).toBe('ReserveStockSuccess')
    expect(await stateOf(first)).toEqual({ state: 'RESERVED', units: 3 })
    await makeOverdue(first)
    await hasExpired(first)
    expect((await reserve(second, lines)).__typename).toBe('ReserveStockSuccess')
    expect((await reserve(first, lines)).__typename).toBe('StockShortage')
    expect(await stateOf(first)).toEqual({ state: 'REFUSED', units: 3 })
    expect(await books([productId])).toMatchObject([{ onHand: 5, reserved: 3 }])
  })

  it('does not wait for others that can not expire', async () => {
    const [broken, productId] = [await addProduct(products, 0), await addProduct(products, 5)]
    await products.rows(
      `with stuck as (
         insert into reservations (order_id, state, created_at, changed_at, expires_at)
         select gen_random_uuid(), 'RESERVED', now(), now(), now() - interval '1 hour' from generate_series(1, 150)
         returning order_id
       )
       insert into reservation_lines (order_id, product_id, quantity) select order_id, $1, 1 from stuck`,
      [broken],
    )
    const orderId = await reserved(productId, 3)
    await makeOverdue(orderId)
    await hasExpired(orderId)
    expect(await books([productId])).toEqual([{ onHand: 5, reserved: 0, version: 3 }])
  })

  it('no longer holds anything when it is released', async () => {
    const productId = await addProduct(products, 5)
    const orderId = await reserved(productId, 3)
    await makeOverdue(orderId)
    await hasExpired(orderId)
    await release(orderId)
    expect(await commit(orderId)).toMatchObject({ __typename: 'ReservationReleased' })
    expect(await books([productId])).toEqual([{ onHand: 5, reserved: 0, version: 3 }])
  })
})

it('a reservation ends after the seconds that the setting gives', async () => {
  const hasty = await startTestProducts({ reservationTtlSeconds: 1 })
  try {
    const productId = await addProduct(hasty, 3)
    const orderId = uuidv7()
    const { reserve, reservation, books } = reservingAt(() => hasty)
    await reserve(orderId, [{ productId, quantity: 3 }])
    await vi.waitFor(async () => expect(await reservation(orderId)).toMatchObject([{ state: 'EXPIRED' }]), {
      timeout: 60_000,
      interval: 50,
    })
    expect(await books([productId])).toEqual([{ onHand: 3, reserved: 0, version: 3 }])
  } finally {
    await hasty.stop()
  }
})

describe('an order that waits for its customer', () => {
  const until = async (orderId: string, prolong = false) =>
    Date.parse(z.object({ expiresAt: z.string() }).parse(await hold(orderId, prolong)).expiresAt)

  it('holds its units for the whole time once more, once', async () => {
    const orderId = await reserved(await addProduct(products, 5), 1)
    const first = await until(orderId)
    expect(await until(orderId)).toBe(first)
    const second = await until(orderId, true)
    expect(second).toBeGreaterThan(first)
    expect(await until(orderId, true)).toBe(second)
  })

  it('learns that it has waited too long, and gets no more time once its units are given away', async () => {
    const productId = await addProduct(products, 5)
    const orderId = await reserved(productId, 5)
    await makeOverdue(orderId)
    await hasExpired(orderId)
    expect(await until(orderId, true)).toBeLessThanOrEqual(Date.now())
    expect(await available(productId)).toBe(5)
    await release(orderId)
    expect((await hold(orderId, true)).__typename).toBe('ReservationReleased')
  })
})
