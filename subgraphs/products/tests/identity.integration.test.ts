import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addProduct,
  anonymous,
  customer,
  orders,
  staff,
  startTestProducts,
  type TestProducts,
  users,
} from './products-under-test.ts'

let products: TestProducts
let productId: string

beforeAll(async () => {
  products = await startTestProducts()
  productId = await addProduct(products, 5)
})
afterAll(() => products?.stop())

const entities = `query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }`

describe('without a valid identity token', () => {
  it.each([
    ['a product', '{ products { edges { node { id } } } }'],
    ['the schema', '{ _service { sdl } }'],
    ['an entity', entities],
  ])('nobody reads %s', async (_what, query) => {
    const representations = [{ __typename: 'Product', id: productId }]
    const forUsers = await products.tokenFor(anonymous, 'users')
    for (const token of [undefined, 'nonsense', forUsers]) {
      expect(await products.send(query, { representations }, token)).toEqual({
        status: 401,
        data: undefined,
        codes: ['UNAUTHENTICATED'],
      })
    }
  })
})

describe('the catalogue', () => {
  it('is open to everyone who comes with a token', async () => {
    for (const viewer of [anonymous, customer, staff, orders, users]) {
      const { data } = await products.ask(viewer, 'query ($id: ID) { product(id: $id) { available } }', {
        id: productId,
      })
      expect(data).toEqual({ product: { available: 5 } })
    }
  })
})

describe('the units in the warehouse and those that orders hold', () => {
  it.each(['onHand', 'reserved'])('are only for staff: %s', async field => {
    const query = `query ($id: ID) { product(id: $id) { id ${field} } }`
    for (const [viewer, code] of [
      [anonymous, 'UNAUTHENTICATED'],
      [customer, 'FORBIDDEN'],
      [orders, 'FORBIDDEN'],
    ] as const) {
      expect(await products.ask(viewer, query, { id: productId })).toMatchObject({
        data: { product: { id: productId, [field]: null } },
        codes: [code],
      })
    }
    const { data } = await products.ask(staff, query, { id: productId })
    expect(data).toEqual({ product: { id: productId, [field]: field === 'onHand' ? 5 : 0 } })
  })
})

describe('mutations', () => {
  const input = (fields: object) => ({ input: fields })
  const create = input({ sku: 'NEW', name: 'New', priceMinor: 1, currency: 'EUR' })
  const forStaff: readonly (readonly [string, string, () => object])[] = [
    ['createProduct', 'CreateProductInput', () => create],
    ['updateProduct', 'UpdateProductInput', () => input({ productId, name: 'Other' })],
    ['archiveProduct', 'ArchiveProductInput', () => input({ productId })],
    ['adjustStock', 'AdjustStockInput', () => input({ productId, delta: -5, reason: 'mine' })],
  ]
  const forOrders: typeof forStaff = [
    [
      'reserveStock',
      'ReserveStockInput',
      () => input({ orderId: uuidv7(), items: [{ productId, quantity: 1 }] }),
    ],
    ['holdStock', 'HoldStockInput', () => input({ orderId: uuidv7(), prolong: true })],
    ['commitStock', 'CommitStockInput', () => input({ orderId: uuidv7() })],
    ['releaseStock', 'ReleaseStockInput', () => input({ orderId: uuidv7() })],
  ]
  const mutation = (name: string, type: string) =>
    `mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`
  const state = () => products.rows('select name, on_hand, reserved, version, archived_at from products')

  it.each(forStaff)('%s is only for staff', async (name, type, variables) => {
    const before = await state()
    for (const [viewer, code] of [
      [anonymous, 'UNAUTHENTICATED'],
      [customer, 'FORBIDDEN'],
      [orders, 'FORBIDDEN'],
    ] as const) {
      expect((await products.ask(viewer, mutation(name, type), variables())).codes).toEqual([code])
    }
    expect(await state()).toEqual(before)
  })

  it.each(forOrders)('%s is only for the orders service', async (name, type, variables) => {
    const before = await state()
    for (const viewer of [anonymous, customer, staff, users]) {
      expect((await products.ask(viewer, mutation(name, type), variables())).codes).toEqual(['FORBIDDEN'])
    }
    expect(await state()).toEqual(before)
    expect(await products.rows('select * from reservations')).toEqual([])
  })
})
