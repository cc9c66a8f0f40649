import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { addProduct, orders, staff, startTestProducts, type TestProducts } from './products-under-test.ts'
import { commitQuery, releaseQuery, reserveQuery, reservingAt } from './reserving.ts'

let products: TestProducts

beforeAll(async () => {
  products = await startTestProducts()
})
afterAll(() => products?.stop())

const { reserve, commit, reservation, books } = reservingAt(() => products)
const adjustQuery = 'mutation ($input: AdjustStockInput!) { adjustStock(input: $input) { __typename } }'

/** Asks as somebody who waits so long. */
const askWithin = (timeoutMs: number, viewer: typeof orders, query: string, input: object) =>
  products.ask(viewer, query, { input }, { 'request-timeout-ms': String(timeoutMs) })

/** Keeps a row locked while `work` runs. */
const whileLocked = async (lock: string, id: string, work: () => Promise<void>): Promise<void> => {
  const holder = await products.connect()
  try {
    await holder.query('begin')
    await holder.query(lock, [id])
    await work()
  } finally {
    await holder.query('rollback')
    holder.release()
  }
}
const productLock = 'select from products where id = $1 for update'
const orderLock = 'select from reservations where order_id = $1 for update'

const blockedSessions = `select pid from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`

describe('a caller who has stopped waiting', () => {
  it('has no work begun for them', async () => {
    const productId = await addProduct(products, 5)
    const [held, fresh, short] = [uuidv7(), uuidv7(), uuidv7()]
    await reserve(held, [{ productId, quantity: 1 }])
    const before = await books([productId])
    products.queries.reset()
    for (const [viewer, query, input] of [
      [orders, reserveQuery, { orderId: fresh, items: [{ productId, quantity: 1 }] }],
      [orders, reserveQuery, { orderId: short, items: [{ productId, quantity: 9 }] }],
      [orders, commitQuery, { orderId: held }],
      [orders, releaseQuery, { orderId: held }],
      [staff, adjustQuery, { productId, delta: 1, reason: 'Delivery' }],
    ] as const) {
      expect((await askWithin(0, viewer, query, input)).codes).toEqual(['DEADLINE_EXCEEDED'])
    }
    expect(products.statements()).toEqual([])
    expect(await books([productId])).toEqual(before)
    expect(await reservation(fresh)).toEqual([])
    expect(await reservation(short)).toEqual([])
    expect(await reservation(held)).toEqual([{ state: 'RESERVED', units: 1 }])
  })
})

describe('a lock that is held for longer than the caller waits', () => {
  it('ends the call with nothing done, and the same call succeeds afterwards', async () => {
    const productId = await addProduct(products, 5)
    const orderId = uuidv7()
    const input = { orderId, items: [{ productId, quantity: 2 }] }
    await whileLocked(productLock, productId, async () => {
      const startedAtMs = performance.now()
      expect((await askWithin(300, orders, reserveQuery, input)).codes).toEqual(['DEADLINE_EXCEEDED'])
      expect(performance.now() - startedAtMs).toBeLessThan(2_000)
    })
    expect(await reservation(orderId)).toEqual([])
    expect(await books([productId])).toEqual([{ onHand: 5, reserved: 0, version: 1 }])
    expect((await reserve(orderId, input.items)).__typename).toBe('ReserveStockSuccess')
  })

  it('leaves a reservation as it was', async () => {
    const productId = await addProduct(products, 5)
    const orderId = uuidv7()
    await reserve(orderId, [{ productId, quantity: 2 }])
    for (const [lock, id] of [
      [productLock, productId],
      [orderLock, orderId],
    ] as const) {
      await whileLocked(lock, id, async () => {
        for (const query of [commitQuery, releaseQuery]) {
          expect((await askWithin(300, orders, query, { orderId })).codes).toEqual(['DEADLINE_EXCEEDED'])
        }
      })
    }
    expect(await books([productId])).toEqual([{ onHand: 5, reserved: 2, version: 2 }])
    expect((await commit(orderId)).__typename).toBe('CommitStockSuccess')
    expect(await books([productId])).toEqual([{ onHand: 3, reserved: 0, version: 2 }])
  })

  it('keeps nobody from reading the catalogue, however many calls wait for the lock', async () => {
    const [hot, cold] = [await addProduct(products, 50), await addProduct(products, 5)]
    const rush = () =>
      askWithin(4_000, orders, reserveQuery, { orderId: uuidv7(), items: [{ productId: hot, quantity: 1 }] })
    let waiting: readonly ReturnType<typeof askWithin>[] = []
    await whileLocked(productLock, hot, async () => {
      waiting = Array.from({ length: 32 }, rush)
      await vi.waitFor(async () => expect((await products.rows(blockedSessions)).length).toBeGreaterThan(5))
      const reading = products.ask(orders, 'query ($id: ID!) { product(id: $id) { id } }', { id: cold })
      const first = await Promise.race([reading, ...waiting])
      expect(first.data).toEqual({ product: { id: cold } })
    })
    const answers = await Promise.all(waiting)
    expect(answers.flatMap(({ codes }) => codes)).toEqual([])
    expect(await books([hot])).toMatchObject([{ onHand: 50, reserved: 32 }])
  })

  it('is taken by a caller who waits for longer', async () => {
    const productId = await addProduct(products, 5)
    const orderId = uuidv7()
    const input = { orderId, items: [{ productId, quantity: 2 }] }
    let answer: ReturnType<typeof askWithin> | undefined
    await whileLocked(productLock, productId, async () => {
      answer = askWithin(4_000, orders, reserveQuery, input)
      await vi.waitFor(async () => expect(await products.rows(blockedSessions)).toHaveLength(1))
    })
    expect((await answer)?.data).toEqual({ outcome: { __typename: 'ReserveStockSuccess', orderId } })
  })
})
