import { createTestDatabase, type TestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource } from 'typeorm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openProductsDatabase } from '../database/open.ts'
import type { ProductSearch, SortedProductRow } from '../database/product-rows.ts'
import { createProductStore, type ProductStore } from '../database/product-store.ts'
import { createStockStore } from '../database/stock-store.ts'

let testDatabase: TestDatabase
let database: DataSource
let products: ProductStore

const staff = { actor: 'staff', deadlineAtMs: Number.POSITIVE_INFINITY }

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = await openProductsDatabase(testDatabase.url)
  products = createProductStore(database)
})
afterAll(async () => {
  await database?.destroy()
  await testDatabase?.drop()
})

const add = async (
  sku: string,
  name: string,
  { description = '', priceMinor = 100, available = 1 } = {},
): Promise<string> => {
  const input = { sku, name, description, category: null, priceMinor, currency: 'EUR', available }
  const created = await products.create({ ...input, imageUrl: null }, 'test')
  return created?.id ?? ''
}

const read = (filter: ProductSearch['filter'], rest: Partial<ProductSearch> = {}) =>
  products.page({ filter, sort: 'RELEVANCE', limit: 100, after: undefined, ...rest })
const skus = async (...page: Parameters<typeof read>) => (await read(...page)).map(({ sku }) => sku)

const after = ({ sortKey, id }: SortedProductRow): ProductSearch['after'] => ({
  sortKey: sortKey instanceof Date ? sortKey.toISOString() : sortKey,
  id,
})
const readAll = async (
  filter: ProductSearch['filter'],
  sort: ProductSearch['sort'],
  limit: number,
): Promise<readonly string[]> => {
  const found: SortedProductRow[] = []
  for (let page = await read(filter, { sort, limit }); page.length > 0; ) {
    found.push(...page)
    const last = page.at(-1)
    if (last === undefined || page.length < limit) break
    page = await read(filter, { sort, limit, after: after(last) })
  }
  return found.map(({ sku }) => sku)
}

it('puts the sku first, then the whole name, words of the name, beginnings of them, words and beginnings anywhere', async () => {
  const description = 'For your teapot'
  await add('R-7', 'Cloth', { description: 'For your teapots' })
  await add('R-6', 'Strainer', { description })
  await add('R-5', 'Teapots')
  await add('R-4', 'Teapotty')
  await add('R-3', 'Blue teapot')
  await add('R-2', 'Teapot')
  await add('TEAPOT', 'Kettle')
  await add('R-1', 'Green teapot')
  expect(await skus({ search: 'teapot' })).toEqual([
    'TEAPOT',
    'R-2',
    'R-1',
    'R-3',
    'R-5',
    'R-4',
    'R-6',
    'R-7',
  ])
})

it('looks for similar words only if what was typed finds nothing, and pages through them in each order', async () => {
  for (const [index, colour] of ['red', 'blue', 'green', 'grey', 'white'].entries())
    await add(`C-${index}`, `Corkscrew ${colour}`, { priceMinor: 100 + index })
  expect(await skus({ search: 'corkscrew blue' })).toEqual(['C-1'])
  expect(await skus({ search: 'corkscrew bleu' })).toEqual(['C-1'])
  // n.b. "read" is a word of the catalogue, and "red" is meant
  await add('C-9', 'Read more')
  expect(await skus({ search: 'corkscrew read' })).toEqual(['C-0'])
  const all = ['C-4', 'C-3', 'C-2', 'C-1', 'C-0']
  for (const search of ['corkscrw', 'corkscrew or nothingelse', 'korkscrew more or korkscrew'])
    for (const limit of [1, 2]) {
      expect(await readAll({ search }, 'RELEVANCE', limit)).toEqual(all)
      expect(await readAll({ search }, 'NEWEST', limit)).toEqual(all)
      expect(await readAll({ search }, 'PRICE_ASC', limit)).toEqual(all.toReversed())
    }
})

it('gives no page for a cursor that somebody has made up', async () => {
  for (const sortKey of [-1, 0.5, 1e300, 2 ** 43 + 1, Number.MAX_SAFE_INTEGER])
    await expect(read({ search: 'teapot' }, { after: { sortKey, id: uuidv7() } })).resolves.toBeInstanceOf(
      Array,
    )
})

describe('what is written', () => {
  const searchRows = () =>
    database.query('select product_id, xmin, ctid from searchable_products order by product_id')

  it('is found by its new words and price at once, and no longer by the old ones', async () => {
    const id = await add('W-1', 'Zeppelin', { priceMinor: 5_000 })
    await products.update(id, { name: 'Airship', description: 'Quiet' })
    expect(await skus({ search: 'zeppelin' })).toEqual([])
    expect(await skus({ search: 'airship quiet' })).toEqual(['W-1'])
    await products.update(id, { priceMinor: 10 })
    expect(await skus({ search: 'airship', maxPriceMinor: 10 })).toEqual(['W-1'])
    await products.update(id, { category: 'Aircraft' })
    expect(await skus({ search: 'airship', category: 'Aircraft' })).toEqual(['W-1'])
    await products.archive(id, 'test')
    expect(await skus({ search: 'airship' })).toEqual([])
  })

  it('leaves the words of the search alone if only stock changes, also when it sells out', async () => {
    const id = await add('W-2', 'Lantern', { available: 2 })
    const before = await searchRows()
    const stock = createStockStore(database, 900)
    const adjust = (delta: number) =>
      stock.adjust(id, { delta, reason: 'Counted', idempotencyKey: null }, staff)
    await adjust(-1)
    expect(await skus({ inStock: false, search: 'lantern' })).toEqual([])
    await adjust(-1)
    expect(await skus({ inStock: false, search: 'lantern' })).toEqual(['W-2'])
    expect(await skus({ inStock: true, search: 'lantern' })).toEqual([])
    for (const sort of ['NEWEST', 'NAME', 'PRICE_ASC', 'PRICE_DESC'] as const)
      expect(await skus({ inStock: false }, { sort })).toEqual(['W-2'])
    await adjust(3)
    expect(await skus({ inStock: false }, { sort: 'NEWEST' })).toEqual([])
    expect(await skus({ inStock: true, search: 'lantern' })).toEqual(['W-2'])
    expect(await searchRows()).toEqual(before)
  })

  it('takes a word for no typing error because its products are sold out', async () => {
    await add('W-7', 'Harmonium', { available: 0 })
    await add('W-8', 'Harmonica')
    expect(await skus({ search: 'harmonium' })).toEqual(['W-7'])
    expect(await skus({ search: 'harmonium', inStock: true })).toEqual([])
    expect(await skus({ search: 'harmoniua' })).toEqual(['W-8', 'W-7'])
    await database.query(`delete from stock_movements; delete from products where sku = 'W-7'`)
    expect(await skus({ search: 'harmoni' })).toEqual(['W-8'])
    expect(await skus({ inStock: false }, { sort: 'NEWEST' })).toEqual([])
  })

  it('lists a sold-out product under its new name and price, and none that is archived', async () => {
    const [first, second] = [
      await add('W-3', 'Abacus', { priceMinor: 1, available: 0 }),
      await add('W-4', 'Banjo', { priceMinor: 2, available: 0 }),
    ]
    const list = (sort: ProductSearch['sort']) => skus({ inStock: false }, { sort })
    expect(await list('NAME')).toEqual(['W-3', 'W-4'])
    await products.update(first, { name: 'Cello', priceMinor: 3 })
    expect(await list('NAME')).toEqual(['W-4', 'W-3'])
    expect(await list('PRICE_ASC')).toEqual(['W-4', 'W-3'])
    await products.archive(second, 'test')
    expect(await list('NAME')).toEqual(['W-3'])
    await products.archive(first, 'test')
  })

  it('does not wait for another product with the same new words', async () => {
    const insert = (sku: string) =>
      `insert into products (id, sku, name, description, price_minor, currency, on_hand, reserved, version,
         catalogue_version, created_at, updated_at)
       values ('${uuidv7()}', '${sku}', 'Theremin otamatone', '', 1, 'EUR', 1, 0, 1, 1, now(), now())`
    const [first, second] = [database.createQueryRunner(), database.createQueryRunner()]
    try {
      await first.startTransaction()
      await first.query(insert('W-5'))
      await second.query(`set lock_timeout = '1s'`)
      await second.query(insert('W-6'))
      await first.commitTransaction()
    } finally {
      await second.query('reset lock_timeout')
      await Promise.all([first.release(), second.release()])
    }
    expect(await skus({ search: 'theremin' })).toEqual(['W-6', 'W-5'])
  })
})

describe('a word that thousands of products have', () => {
  const count = 2_600
  const everyTenth = (number: number) => number % 10 === 0
  const reference = Array.from({ length: count }, (_, index) => index + 1)
    .map(number => ({
      number,
      isNamed: everyTenth(number),
      isSoldOut: number % 7 === 0,
      price: (number * 31) % 997,
    }))
    .toReversed()
  const sku = ({ number }: { readonly number: number }) => `M-${number}`

  beforeAll(async () => {
    await database.query(
      `insert into products (id, sku, name, description, category, price_minor, currency, on_hand, reserved, version,
         catalogue_version, created_at, updated_at)
       select gen_random_uuid(), 'M-' || number, case when number % 10 = 0 then 'Marble ' else 'Stone ' end || number,
         'Marble run', case when number % 3 = 0 then 'Third' end, number * 31 % 997, 'EUR',
         case when number % 7 = 0 then 0 else 1 end, 0, 1, 1, at, at
       from generate_series(1, $1::integer) as number
       cross join lateral (select '2026-01-01'::timestamptz + number * interval '1 minute' as at) as created`,
      [count],
    )
    await database.query('analyze')
  })

  const byTier = (rows: typeof reference) => [
    ...rows.filter(({ isNamed }) => isNamed),
    ...rows.filter(({ isNamed }) => !isNamed),
  ]

  it.each([
    ['marble', {}, () => true],
    ['marb', {}, () => true],
    ['marbel', {}, () => true],
    ['marble', { inStock: true }, ({ isSoldOut }) => !isSoldOut],
    ['marble', { inStock: false }, ({ isSoldOut }) => isSoldOut],
    ['marble', { minPriceMinor: 100, maxPriceMinor: 110 }, ({ price }) => price >= 100 && price <= 110],
    ['marble', { category: 'Third' }, ({ number }) => number % 3 === 0],
  ] as const satisfies readonly (readonly [
    string,
    object,
    (row: (typeof reference)[number]) => boolean,
  ])[])('is paged through for %j with %j: names first, the newest first, no gap and no double', async (search, filter, isListed) => {
    const expected = byTier(reference.filter(isListed)).map(sku)
    expect(await readAll({ search, ...filter }, 'RELEVANCE', 97)).toEqual(expected)
  })

  it.each([
    ['marble', {}, () => true],
    ['marble run', { inStock: false }, ({ isSoldOut }) => isSoldOut],
    ['"marble run"', { category: 'Third' }, ({ number }) => number % 3 === 0],
    ['-stone marble', {}, ({ isNamed }) => isNamed],
    ['marbel', {}, () => true],
  ] as const satisfies readonly (readonly [
    string,
    object,
    (row: (typeof reference)[number]) => boolean,
  ])[])('is sorted for %j with %j by age and by price', async (search, filter, isListed) => {
    const rows = reference.filter(isListed)
    expect(await readAll({ search, ...filter }, 'NEWEST', 97)).toEqual(rows.map(sku))
    const cheapest = await readAll({ search, ...filter }, 'PRICE_ASC', 97)
    expect(cheapest.toSorted()).toEqual(rows.map(sku).toSorted())
    const prices = new Map(rows.map(row => [sku(row), row.price]))
    expect(cheapest.map(found => prices.get(found))).toEqual(
      rows.map(({ price }) => price).toSorted((a, b) => a - b),
    )
    expect((await readAll({ search, ...filter }, 'NAME', 97)).toSorted()).toEqual(rows.map(sku).toSorted())
  })
})
