import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { createStockStore, type StockStore } from '../database/stock-store.ts'
import { tables } from '../database/tables.ts'
import type { StockLine } from '../domain/stock.ts'
import { addProduct, startTestProducts, type TestProducts } from './products-under-test.ts'
import { reservingAt } from './reserving.ts'

let products: TestProducts
let stores: readonly StockStore[]
const cleanUps: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  products = await startTestProducts()
  stores = await Promise.all(
    [1, 2].map(async () => {
      const database = await openDatabase({
        service: 'products',
        url: products.databaseUrl,
        tables,
        migrations: [],
      })
      cleanUps.push(() => database.destroy())
      return createStockStore(database, 900)
    }),
  )
})
afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
  await products?.stop()
})

const { makeOverdue, books } = reservingAt(() => products)
const orders = { actor: 'orders', deadlineAtMs: Number.POSITIVE_INFINITY }
const [shelves, unitsEach, received] = [25, 60, 2]

const takenUnits = z.array(z.object({ units: z.number() }))
const committedUnits = async (): Promise<number> => {
  const rows = await products.rows(
    `select coalesce(sum(quantity), 0)::integer as units
     from reservation_lines join reservations using (order_id) where state = 'COMMITTED'`,
  )
  return takenUnits.parse(rows)[0]?.units ?? 0
}

/** n.b. fewer than would wait for a connection until that times out. */
const atMostAtOnce = async <T, R>(
  limit: number,
  inputs: readonly T[],
  call: (input: T) => Promise<R>,
): Promise<readonly R[]> => {
  const waiting = inputs.values()
  const results: R[] = []
  const work = async () => {
    for (const input of waiting) results.push(await call(input))
  }
  await Promise.all(Array.from({ length: limit }, work))
  return results
}

it('two processes neither oversell nor deadlock on 300 large baskets in any order, whatever happens to them', {
  timeout: 60_000,
}, async () => {
  const ids = await Promise.all(Array.from({ length: shelves }, () => addProduct(products, unitsEach)))
  const units = fc.integer({ min: 1, max: 3 })
  const basket: fc.Arbitrary<readonly StockLine[]> = fc
    .shuffledSubarray(ids, { minLength: 1, maxLength: 20 })
    .chain(some => fc.tuple(...some.map(id => fc.record({ productId: fc.constant(id), quantity: units }))))
  const story = fc.record({
    basket,
    fate: fc.constantFrom('commit', 'release', 'expire', 'expire and commit', 'commit and release', 'wait'),
  })

  const live = async ({ basket, fate }: { readonly basket: readonly StockLine[]; readonly fate: string }) => {
    const orderId = uuidv7()
    // n.b. every call is made at both replicas, as by a process that seemed dead and by its successor
    const both = (call: (store: StockStore) => Promise<unknown>) => Promise.all(stores.map(call))
    const answers = await both(store => store.reserve(orderId, basket, orders))
    expect(answers[0]).toEqual(answers[1])
    if (fate.startsWith('expire')) {
      await makeOverdue(orderId)
      await both(store => store.expire(orderId))
    }
    if (fate.includes('commit')) {
      const outcomes = await both(store => store.commit(orderId, orders))
      expect(outcomes[0]).toEqual(outcomes[1])
    }
    if (fate.endsWith('release')) await both(store => store.release(orderId, orders))
    return answers[0]
  }
  const deliver = (productId: string, index: number) =>
    stores[index % 2]?.adjust(
      productId,
      { idempotencyKey: null, delta: received, reason: 'Delivery' },
      orders,
    )
  const [answers] = await Promise.all([
    atMostAtOnce(60, fc.sample(story, 300), live),
    Promise.all(ids.map(deliver)),
  ])

  expect(new Set(answers.map(answer => z.object({ kind: z.string() }).parse(answer).kind))).toEqual(
    new Set(['granted', 'shortage']),
  )
  const shop = await books(ids)
  for (const { onHand, reserved } of shop) {
    expect(reserved).toBeGreaterThanOrEqual(0)
    expect(reserved).toBeLessThanOrEqual(onHand)
  }
  const onHand = shop.reduce((sum, book) => sum + book.onHand, 0)
  expect(onHand + (await committedUnits())).toBe(shelves * (unitsEach + received))
})

it('a rush of 500 on 100 units at two processes gives them to exactly 100', async () => {
  const productId = await addProduct(products, 100)
  const rush = Array.from({ length: 500 }, (_, index) => index)
  const answers = await atMostAtOnce(100, rush, async index =>
    stores[index % 2]?.reserve(uuidv7(), [{ productId, quantity: 1 }], orders),
  )
  expect(Object.groupBy(answers, answer => answer?.kind ?? 'none')).toMatchObject({
    granted: { length: 100 },
    shortage: { length: 400 },
  })
  expect(await books([productId])).toEqual([{ onHand: 100, reserved: 100, version: 101 }])
})
