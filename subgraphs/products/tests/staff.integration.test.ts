import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxUnits } from '../domain/stock.ts'
import {
  addProduct,
  anonymous,
  clientAddress,
  staff,
  startTestProducts,
  type TestProducts,
} from './products-under-test.ts'
import { reservingAt } from './reserving.ts'

let products: TestProducts

beforeAll(async () => {
  products = await startTestProducts()
})
afterAll(() => products?.stop())

const fields =
  'id sku name description category price { amountMinor currency } available onHand reserved inStock imageUrl archivedAt'
const failure = '... on Failure { message }'

const run = async (mutation: string, type: string, members: string, input: object) => {
  const text = `mutation ($input: ${type}!) { ${mutation}(input: $input) { __typename ${failure} ${members} } }`
  const answer = await products.ask(staff, text, { input })
  expect(answer.codes).toEqual([])
  return answer.data
}
const success = (type: string) => `... on ${type} { product { ${fields} } }`
const invalid = '... on InvalidInput { field }'
const create = (input: object) =>
  run('createProduct', 'CreateProductInput', `${success('CreateProductSuccess')} ${invalid}`, input)
const update = (input: object) =>
  run('updateProduct', 'UpdateProductInput', `${success('UpdateProductSuccess')} ${invalid}`, input)
const archive = (productId: string) =>
  run('archiveProduct', 'ArchiveProductInput', success('ArchiveProductSuccess'), { productId })
const adjustBy = (input: object) =>
  run(
    'adjustStock',
    'AdjustStockInput',
    `${success('AdjustStockSuccess')} ${invalid} ... on InsufficientStock { available }`,
    input,
  )
/** What the audit log is told of a product. */
const actsOn = (productId: string) =>
  products.rows(
    `select envelope #>> '{data,act}' as act, envelope #> '{data,before}' as before, envelope #> '{data,after}' as after,
       envelope #>> '{data,reason}' as reason, envelope #>> '{data,clientAddress}' as "from"
     from outbox where envelope ->> 'type' = 'product.staff-acted' and envelope #>> '{data,about,id}' = $1
       and envelope #>> '{data,actorId}' = $2 order by id`,
    [productId, staff.kind === 'user' ? staff.id : ''],
  )

it('tells the audit log of each change, with what was there before, and of none that changes nothing', async () => {
  const id = await addProduct(products, 5)
  await update({ productId: id, name: 'Renamed', priceMinor: 4_242 })
  await adjust(id, 3, 'Found behind a shelf')
  await adjust(id, -100)
  await archive(id)
  await archive(id)
  const from = clientAddress
  expect(await actsOn(id)).toEqual([
    {
      act: 'createProduct',
      before: null,
      after: expect.objectContaining({ available: 5, sku: expect.any(String) }),
      reason: null,
      from,
    },
    {
      act: 'updateProduct',
      before: expect.objectContaining({ name: expect.any(String) }),
      after: { name: 'Renamed', priceMinor: 4_242 },
      reason: null,
      from,
    },
    { act: 'adjustStock', before: { onHand: 5 }, after: { onHand: 8 }, reason: 'Found behind a shelf', from },
    { act: 'archiveProduct', before: { isArchived: false }, after: { isArchived: true }, reason: null, from },
  ])
})

const adjust = (productId: string, delta: number, reason = 'Stocktaking') =>
  adjustBy({ productId, delta, reason })

const product = (sku: string) => ({ sku, name: 'Bottle', priceMinor: 3_200, currency: 'EUR', available: 7 })
const events = (productId: string) =>
  products.rows(
    `select (envelope ->> 'version')::integer as version, (envelope -> 'data' ->> 'available')::integer as available
     from outbox where aggregate_id = $1 order by id`,
    [productId],
  )
/** The product.updated events of a product. */
const news = (productId: string) =>
  products.rows(
    `select (envelope ->> 'version')::integer as version, envelope -> 'data' as data
     from outbox where aggregate_id = $1 order by id`,
    [`catalogue/${productId}`],
  )
const ledger = (productId: string) =>
  products.rows(
    'select on_hand_delta, reserved_delta, reason, actor, order_id from stock_movements where product_id = $1 order by at, id',
    [productId],
  )
const actor = staff.kind === 'user' ? staff.id : undefined

describe('createProduct', () => {
  it('adds a product with its stock, ledger entry and first event', async () => {
    const input = {
      ...product('BOTTLE-1'),
      category: 'Outdoor',
      imageUrl: 'https://images.example.com/b.jpg',
    }
    expect(await create(input)).toMatchObject({
      createProduct: {
        __typename: 'CreateProductSuccess',
        product: {
          sku: 'BOTTLE-1',
          description: '',
          category: 'Outdoor',
          price: { amountMinor: 3_200, currency: 'EUR' },
          available: 7,
          inStock: true,
          imageUrl: input.imageUrl,
          archivedAt: null,
        },
      },
    })
    const read = await products.ask(anonymous, `{ product(sku: "BOTTLE-1") { id } }`)
    expect(read.data).toMatchObject({ product: { id: expect.any(String) } })
    expect(
      await products.rows(`select on_hand_delta from stock_movements join products on products.id = product_id
      where sku = 'BOTTLE-1'`),
    ).toEqual([{ on_hand_delta: 7 }])
  })

  it('gives a sku to one of 20 who want it at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(product('BOTTLE-2'))))
    const successes = answers.filter(answer => JSON.stringify(answer).includes('CreateProductSuccess'))
    const taken = answers.filter(answer => JSON.stringify(answer).includes('SkuTaken'))
    expect([successes.length, taken.length]).toEqual([1, 19])
    expect(
      await products.rows(`select count(*)::integer as products from products where sku = 'BOTTLE-2'`),
    ).toEqual([{ products: 1 }])
    expect(
      await products.rows(
        `select envelope ->> 'type' as type from outbox where envelope -> 'data' ->> 'sku' = 'BOTTLE-2' order by id`,
      ),
    ).toEqual([{ type: 'product.stock-changed' }, { type: 'product.updated' }])
  })

  it('names the field that can not be accepted, and adds nothing', async () => {
    expect(await create({ ...product('BOTTLE-3'), currency: 'EURO' })).toMatchObject({
      createProduct: { __typename: 'InvalidInput', field: 'currency' },
    })
    expect(await products.rows(`select id from products where sku = 'BOTTLE-3'`)).toEqual([])
  })
})

describe('updateProduct', () => {
  it('changes the fields that are given, keeps the others, and makes the new words searchable', async () => {
    const productId = await addProduct(products, 3)
    const changed = await update({ productId, name: 'Zeppelin kettle', priceMinor: 900, category: 'Kitchen' })
    expect(changed).toMatchObject({
      updateProduct: {
        product: {
          id: productId,
          name: 'Zeppelin kettle',
          category: 'Kitchen',
          price: { amountMinor: 900 },
          available: 3,
        },
      },
    })
    expect(await update({ productId, category: null })).toMatchObject({
      updateProduct: { product: { name: 'Zeppelin kettle', category: null } },
    })
    const found = await products.ask(
      anonymous,
      `{ products(filter: { search: "zeppelins" }) { edges { node { id } } } }`,
    )
    expect(found.data).toEqual({ products: { edges: [{ node: { id: productId } }] } })
    expect(await events(productId)).toEqual([{ version: 1, available: 3 }])
  })

  it("publishes a product's name and price in versions without a gap, even if two calls change it at once", async () => {
    const productId = await addProduct(products, 3)
    await Promise.all([update({ productId, name: 'Kettle' }), update({ productId, name: 'Kettle' })])
    await adjust(productId, 1)
    await update({ productId, category: 'Kitchen', priceMinor: 900 })
    await archive(productId)
    await archive(productId)
    const told = (version: number, name: string, priceMinor = 1_800, category: string | null = null) => ({
      version,
      data: {
        productId,
        sku: expect.stringMatching(/^SKU-/),
        name,
        category,
        price: { amountMinor: priceMinor, currency: 'EUR' },
        isArchived: version === 5,
      },
    })
    expect(await news(productId)).toEqual([
      told(1, 'Mug'),
      told(2, 'Kettle'),
      told(3, 'Kettle'),
      told(4, 'Kettle', 900, 'Kitchen'),
      told(5, 'Kettle', 900, 'Kitchen'),
    ])
  })

  it('refuses to empty what a product must have', async () => {
    const productId = await addProduct(products, 3)
    expect(await update({ productId, name: null })).toMatchObject({ updateProduct: { field: 'name' } })
    expect(await update({ productId, priceMinor: -1 })).toMatchObject({
      updateProduct: { field: 'priceMinor' },
    })
  })
})

describe('archiveProduct', () => {
  it('archives a product once, and publishes that none of it can be ordered', async () => {
    const productId = await addProduct(products, 4)
    const first = await archive(productId)
    expect(first).toMatchObject({
      archiveProduct: { product: { available: 0, inStock: false, archivedAt: expect.any(String) } },
    })
    expect(await archive(productId)).toEqual(first)
    expect(await events(productId)).toEqual([
      { version: 1, available: 4 },
      { version: 2, available: 0 },
    ])
  })
})

describe('adjustStock', () => {
  it('adds and takes away, and records who did it and why', async () => {
    const productId = await addProduct(products, 4)
    expect(await adjust(productId, 6, 'Delivery')).toMatchObject({
      adjustStock: { product: { available: 10 } },
    })
    expect(await adjust(productId, -10, 'Water damage')).toMatchObject({
      adjustStock: { product: { available: 0 } },
    })
    expect(await ledger(productId)).toEqual([
      { on_hand_delta: 4, reserved_delta: 0, reason: 'Initial stock', actor, order_id: null },
      { on_hand_delta: 6, reserved_delta: 0, reason: 'Delivery', actor, order_id: null },
      { on_hand_delta: -10, reserved_delta: 0, reason: 'Water damage', actor, order_id: null },
    ])
    expect(await events(productId)).toEqual([
      { version: 1, available: 4 },
      { version: 2, available: 10 },
      { version: 3, available: 0 },
    ])
  })

  it('changes stock once under one key, and refuses another change under it', async () => {
    const productId = await addProduct(products, 4)
    const other = await addProduct(products, 4)
    const idempotencyKey = uuidv7()
    const once = { productId, delta: 6, reason: 'Delivery', idempotencyKey }
    const answers = await Promise.all(Array.from({ length: 10 }, () => adjustBy(once)))
    for (const answer of answers)
      expect(answer).toMatchObject({ adjustStock: { product: { available: 10 } } })
    for (const changed of [{ delta: 7 }, { reason: 'Return' }, { productId: other }]) {
      expect(await adjustBy({ ...once, ...changed })).toMatchObject({
        adjustStock: { __typename: 'InvalidInput', field: 'idempotencyKey' },
      })
    }
    expect(await events(productId)).toHaveLength(2)
  })

  it('takes away no more than there is', async () => {
    const productId = await addProduct(products, 4)
    expect(await adjust(productId, -5)).toMatchObject({
      adjustStock: { __typename: 'InsufficientStock', available: 4 },
    })
    expect(await events(productId)).toHaveLength(1)
  })

  it('takes away nothing that an order holds, and says how much it could', async () => {
    const productId = await addProduct(products, 10)
    const { reserve, books } = reservingAt(() => products)
    await reserve(uuidv7(), [{ productId, quantity: 7 }])
    expect(await adjust(productId, -4)).toMatchObject({
      adjustStock: { __typename: 'InsufficientStock', available: 3 },
    })
    expect(await adjust(productId, -3)).toMatchObject({
      adjustStock: { product: { available: 0, onHand: 7, reserved: 7 } },
    })
    expect(await books([productId])).toEqual([{ onHand: 7, reserved: 7, version: 3 }])
  })

  it('adds no more than an Int holds, and refuses a change of 0', async () => {
    const productId = await addProduct(products, 1)
    expect(await adjust(productId, maxUnits)).toMatchObject({
      adjustStock: { __typename: 'InvalidInput', field: 'delta' },
    })
    expect(await adjust(productId, 0)).toMatchObject({ adjustStock: { field: 'delta' } })
    expect(await adjust(productId, maxUnits - 1)).toMatchObject({
      adjustStock: { product: { available: maxUnits } },
    })
  })

  it('loses none of 30 simultaneous changes', async () => {
    const productId = await addProduct(products, 10)
    await Promise.all(Array.from({ length: 30 }, () => adjust(productId, 1)))
    expect((await events(productId)).at(-1)).toEqual({ version: 31, available: 40 })
    expect(await ledger(productId)).toHaveLength(31)
  })
})

it('says ProductNotFound for an id that is unknown or no UUID', async () => {
  for (const productId of [uuidv7(), 'no uuid']) {
    expect(await update({ productId, name: 'X' })).toMatchObject({
      updateProduct: { __typename: 'ProductNotFound' },
    })
    expect(await archive(productId)).toMatchObject({ archiveProduct: { __typename: 'ProductNotFound' } })
    expect(await adjust(productId, 1)).toMatchObject({ adjustStock: { __typename: 'ProductNotFound' } })
  }
})
