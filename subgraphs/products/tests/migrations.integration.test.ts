import { CreateMessaging1700000000000 } from '@supergraph/messaging/migration.ts'
import { type Migration, openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase, type TestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource } from 'typeorm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CreateCatalogue1767600000000 } from '../database/migrations/1767600000000-create-catalogue.ts'
import { SplitStock1795171200000 } from '../database/migrations/1795171200000-split-stock.ts'
import { AddCatalogueVersion1795777800000 } from '../database/migrations/1795777800000-add-catalogue-version.ts'
import { SearchAsPeopleType1795782000000 } from '../database/migrations/1795782000000-search-as-people-type.ts'
import { WidenPrices1796169600000 } from '../database/migrations/1796169600000-widen-prices.ts'
import { PartTradeMarks1796173200000 } from '../database/migrations/1796173200000-part-trade-marks.ts'
import { SearchWords1796400000000 } from '../database/migrations/1796400000000-search-words.ts'
import { FillSearchWords1796400001000 } from '../database/migrations/1796400001000-fill-search-words.ts'
import { createProductStore } from '../database/product-store.ts'
import { createStockStore } from '../database/stock-store.ts'
import { tables } from '../database/tables.ts'

let testDatabase: TestDatabase
let database: DataSource

const [mug, gone, held, released] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()]
const orders = { actor: 'orders', deadlineAtMs: Number.POSITIVE_INFINITY }
const before: readonly Migration[] = [CreateMessaging1700000000000, CreateCatalogue1767600000000]
const open = (migrations: readonly Migration[]) =>
  openDatabase({ service: 'products', url: testDatabase.url, tables, migrations })

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  const old = await open(before)
  await old.query(
    `insert into products
       (id, sku, name, description, price_minor, currency, available, version, created_at, updated_at, archived_at)
     values
       ('${mug}', 'MUG', 'Mug', 'By Bricko™', 1800, 'EUR', 7, 2, '2026-01-05', '2026-01-05', null),
       ('${gone}', 'GONE', 'Gone', '', 900, 'EUR', 0, 1, '2026-01-05', '2026-01-05', '2026-01-06');
     insert into stock_movements (id, product_id, delta, reason, order_id, actor, at)
     values
       ('${uuidv7()}', '${mug}', 10, 'Initial stock', null, 'demo', '2026-01-05'),
       ('${uuidv7()}', '${mug}', -3, 'Reserved', '${held}', 'orders', '2026-01-06');
     insert into reservations (order_id, state, created_at, released_at)
     values
       ('${held}', 'RESERVED', '2026-01-06', null),
       ('${released}', 'RELEASED', '2026-01-06', '2026-01-07');
     insert into reservation_lines (order_id, product_id, quantity) values ('${held}', '${mug}', 3);`,
  )
  await old.destroy()
  database = await open([
    ...before,
    SplitStock1795171200000,
    AddCatalogueVersion1795777800000,
    SearchAsPeopleType1795782000000,
    WidenPrices1796169600000,
    PartTradeMarks1796173200000,
    SearchWords1796400000000,
    FillSearchWords1796400001000,
  ])
})
afterAll(async () => {
  await database?.destroy()
  await testDatabase?.drop()
})

describe('stock from before it was split', () => {
  it('stays as it could be ordered, with nothing held', async () => {
    expect(
      await database.query(
        'select sku, on_hand, reserved, available, version from products order by sku desc',
      ),
    ).toEqual([
      { sku: 'MUG', on_hand: 7, reserved: 0, available: 7, version: 2 },
      { sku: 'GONE', on_hand: 0, reserved: 0, available: 0, version: 1 },
    ])
  })

  it('keeps a ledger that adds up', async () => {
    expect(
      await database.query('select on_hand_delta, reserved_delta from stock_movements order by at'),
    ).toEqual([
      { on_hand_delta: 10, reserved_delta: 0 },
      { on_hand_delta: -3, reserved_delta: 0 },
    ])
  })

  it('counts as taken by the orders that had reserved it, and stays released if it was released', async () => {
    expect(
      await database.query('select order_id, state, changed_at, expires_at from reservations order by state'),
    ).toEqual([
      { order_id: held, state: 'COMMITTED', changed_at: new Date('2026-01-06'), expires_at: null },
      { order_id: released, state: 'RELEASED', changed_at: new Date('2026-01-07'), expires_at: null },
    ])
  })

  it('goes back into the warehouse when such an order is released', async () => {
    await createStockStore(database, 900).release(held, orders)
    const [product] = await createProductStore(database).loadByIds([mug])
    expect(product).toMatchObject({ onHand: 10, reserved: 0, version: 3 })
  })
})

it('keeps prices from before they had 53 bits, as numbers', async () => {
  const [product] = await createProductStore(database).loadByIds([mug])
  expect(product).toMatchObject({ priceMinor: 1_800, currency: 'EUR' })
  await database.query('update products set price_minor = 9007199254740991 where id = $1', [gone])
  expect(await createProductStore(database).loadByIds([gone])).toMatchObject([
    { priceMinor: Number.MAX_SAFE_INTEGER },
  ])
})

it.each(['bricko', 'Bricko™', '"by bricko"'])('finds %j in a product from before', async search => {
  const page = { filter: { search }, sort: 'RELEVANCE', limit: 10, after: undefined } as const
  const found = await createProductStore(database).page(page)
  expect(found.map(({ sku }) => sku)).toEqual(['MUG'])
})

it('lists a product from before that is sold out, and none that is archived', async () => {
  const read = (inStock: boolean) =>
    createProductStore(database).page({
      filter: { search: 'mug or gone', inStock },
      sort: 'RELEVANCE',
      limit: 10,
      after: undefined,
    })
  expect((await read(true)).map(({ sku }) => sku)).toEqual(['MUG'])
  expect(await read(false)).toEqual([])
})

it('fills the search again where it was ended, each product once', async () => {
  await database.query('delete from searchable_products')
  const runner = database.createQueryRunner()
  try {
    for (let times = 0; times < 2; times += 1) await new FillSearchWords1796400001000().up(runner)
  } finally {
    await runner.release()
  }
  expect(
    await database.query(
      `select product_id from searchable_products where words @@ 'bricko' union all select null from search_words where word = 'bricko'`,
    ),
  ).toEqual([{ product_id: mug }, { product_id: null }])
})

describe('the database itself', () => {
  it.each([
    ['more reserved than there is', 'reserved = on_hand + 1'],
    ['less than nothing reserved', 'reserved = -1'],
    ['less than nothing in the warehouse', 'on_hand = -1'],
    ['a price below 0', 'price_minor = -1'],
    ['a price that a number does not hold', 'price_minor = 9007199254740992'],
  ])('refuses %s', async (_what, change) => {
    await expect(database.query(`update products set ${change} where id = $1`, [mug])).rejects.toThrow(
      'violates check constraint',
    )
  })
})
