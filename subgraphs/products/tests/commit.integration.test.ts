import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addProduct, staff, startTestProducts, type TestProducts } from './products-under-test.ts'
import { reservingAt } from './reserving.ts'

let products: TestProducts

beforeAll(async () => {
  products = await startTestProducts({ replicas: 2 })
})
afterAll(() => products?.stop())

const { reserve, commit, release, reservation, books } = reservingAt(() => products)

describe('commitStock', () => {
  it('takes reserved units once, even if 20 calls come at once, and leaves the units that can be ordered as they are', async () => {
    const productId = await addProduct(products, 10)
    const orderId = uuidv7()
    await reserve(orderId, [{ productId, quantity: 4 }])
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => commit(orderId)))
    expect(outcomes).toEqual(outcomes.map(() => ({ __typename: 'CommitStockSuccess', orderId })))
    expect(await reservation(orderId)).toEqual([{ state: 'COMMITTED', units: 4 }])
    expect(await books([productId])).toEqual([{ onHand: 6, reserved: 0, version: 2 }])
  })

  it('takes the reserved units of a product that was archived meanwhile', async () => {
    const productId = await addProduct(products, 10)
    const orderId = uuidv7()
    await reserve(orderId, [{ productId, quantity: 4 }])
    await products.ask(
      staff,
      'mutation ($input: ArchiveProductInput!) { archiveProduct(input: $input) { __typename } }',
      { input: { productId } },
    )
    expect((await commit(orderId)).__typename).toBe('CommitStockSuccess')
    expect(await books([productId])).toEqual([{ onHand: 6, reserved: 0, version: 3 }])
  })

  it('gives nothing to an order that never reserved, and keeps it from reserving later', async () => {
    const productId = await addProduct(products, 10)
    const orderId = uuidv7()
    expect((await commit(orderId)).__typename).toBe('ReservationReleased')
    expect((await reserve(orderId, [{ productId, quantity: 1 }])).__typename).toBe('ReservationReleased')
    expect(await books([productId])).toEqual([{ onHand: 10, reserved: 0, version: 1 }])
  })

  it('gives nothing after a release', async () => {
    const productId = await addProduct(products, 10)
    const orderId = uuidv7()
    await reserve(orderId, [{ productId, quantity: 4 }])
    await release(orderId)
    expect((await commit(orderId)).__typename).toBe('ReservationReleased')
    expect(await books([productId])).toEqual([{ onHand: 10, reserved: 0, version: 3 }])
  })

  it('wants the UUID of an order', async () => {
    const { codes } = await products.ask(
      { kind: 'service', name: 'orders', scopes: ['stock:reserve'] },
      'mutation { commitStock(input: { orderId: "no uuid" }) { __typename } }',
    )
    expect(codes).toEqual(['BAD_USER_INPUT'])
  })
})

describe('releaseStock', () => {
  it('puts committed units back into the warehouse, once', async () => {
    const productId = await addProduct(products, 10)
    const orderId = uuidv7()
    await reserve(orderId, [{ productId, quantity: 4 }])
    await commit(orderId)
    await Promise.all(Array.from({ length: 20 }, () => release(orderId)))
    expect(await reservation(orderId)).toEqual([{ state: 'RELEASED', units: 4 }])
    expect(await books([productId])).toEqual([{ onHand: 10, reserved: 0, version: 3 }])
  })

  it('wins in the end when it races with reserving and committing', async () => {
    const productId = await addProduct(products, 10)
    const ids = Array.from({ length: 30 }, () => uuidv7())
    await Promise.all(ids.flatMap(id => [reserve(id, [{ productId, quantity: 1 }]), commit(id), release(id)]))
    for (const id of ids) expect(await reservation(id)).toMatchObject([{ state: 'RELEASED' }])
    expect(await books([productId])).toMatchObject([{ onHand: 10, reserved: 0 }])
  })
})
