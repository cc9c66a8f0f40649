import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, QueryRunner } from 'typeorm'
import { FillSearchWords1796400001000 } from '../../subgraphs/products/database/migrations/1796400001000-fill-search-words.ts'
import { createRandom, type Random } from '../../testbed/random.ts'

/** A product as the benchmark knows it; its id is another one in each run. */
export type MeasuredProduct = {
  readonly id: string
  readonly sku: string
  readonly name: string
  readonly description: string
  readonly category: string
  readonly priceMinor: number
  readonly onHand: number
}

/** A word of every description, and one of every tenth name. */
export const wordOfAll = 'guarantee'
export const wordOfATenth = 'stainless'

const vocabularySize = 100_000
const wordsPerName = 4
const wordsPerDescription = 12
const soldOutShare = 0.01
const productsPerStatement = 5_000
const firstCreatedAtMs = Date.UTC(2020, 0, 1)
const millisecondsApart = 180_000

const [onsets, nuclei, codas] = [
  [
    'b',
    'br',
    'c',
    'd',
    'f',
    'g',
    'gl',
    'h',
    'k',
    'l',
    'm',
    'n',
    'p',
    'pl',
    'r',
    's',
    'st',
    't',
    'tr',
    'v',
    'w',
  ],
  ['a', 'e', 'i', 'o', 'u', 'ea', 'ou'],
  ['', '', 'n', 'r', 'l', 's', 't', 'nd', 'ck'],
] as const

/** Distinct words of 2 to 4 syllables, the commonest first. */
export const createVocabulary = (random: Random): readonly string[] => {
  const words = new Set<string>()
  const syllable = () => random.pick(onsets) + random.pick(nuclei) + random.pick(codas)
  while (words.size < vocabularySize)
    words.add(Array.from({ length: random.integer(2, 4) }, syllable).join(''))
  return [...words]
}

/** The products of a seed, the oldest first; word number n is n times as rare as the first one (Zipf). */
export function* measuredProducts(seed: string, count: number): Generator<MeasuredProduct> {
  const random = createRandom(seed)
  const vocabulary = createVocabulary(random.fork('vocabulary'))
  const logarithm = Math.log(vocabulary.length)
  const word = () =>
    vocabulary[Math.floor(Math.exp((random.integer(0, 2 ** 30 - 1) / 2 ** 30) * logarithm)) - 1] ?? ''
  const words = (length: number) => Array.from({ length }, word)
  for (let number = 0; number < count; number += 1) {
    const name = [...words(wordsPerName), ...(random.chance(0.1) ? [wordOfATenth] : [])]
    yield {
      id: uuidv7(firstCreatedAtMs + number * millisecondsApart),
      sku: `${name[0]?.slice(0, 3).toUpperCase()}-${String(number * 7_919)
        .padStart(8, '0')
        .slice(-8)}-${number % 50}`,
      name: name.join(' '),
      description: [...words(wordsPerDescription), wordOfAll].join(' '),
      category: `Category ${Math.floor(Math.exp((random.integer(0, 999) / 1_000) * Math.log(200)))}`,
      priceMinor: random.integer(100, 100_000),
      onHand: random.chance(soldOutShare) ? 0 : random.integer(1, 500),
    }
  }
}

/** Fills the catalogue as it was before it could be searched, and makes it searchable. Returns how long the latter took, in s. */
export const fillCatalogue = async (database: DataSource, seed: string, count: number): Promise<number> => {
  const runner = database.createQueryRunner()
  try {
    await runner.query('set statement_timeout = 0')
    // n.b. without the search of the release before, which takes two thirds of the time
    await runner.query('alter table products drop column search')
    await runner.query('alter table products disable trigger user')
    let batch: MeasuredProduct[] = []
    for (const product of measuredProducts(seed, count)) {
      batch.push(product)
      if (batch.length < productsPerStatement) continue
      await insertProducts(runner, batch)
      batch = []
    }
    await insertProducts(runner, batch)
    await runner.query('alter table products enable trigger user')
    await runner.query('vacuum analyze products')
    const startedAt = performance.now()
    await new FillSearchWords1796400001000().up(runner)
    const seconds = (performance.now() - startedAt) / 1_000
    await runner.query('vacuum analyze searchable_products, search_words, sold_out_products')
    await runner.query('reset statement_timeout')
    return seconds
  } finally {
    await runner.release()
  }
}

const insertProducts = (runner: QueryRunner, products: readonly MeasuredProduct[]): Promise<unknown> =>
  runner.query(
    `insert into products (id, sku, name, description, category, price_minor, currency, on_hand, reserved,
       version, catalogue_version, created_at, updated_at)
     select id, sku, name, description, category, "priceMinor", 'EUR', "onHand", 0, 1, 1, at, at
     from jsonb_to_recordset($1) as products
       (id uuid, sku text, name text, description text, category text, "priceMinor" bigint, "onHand" integer)
     cross join lateral (select to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)) as created (at)`,
    [JSON.stringify(products)],
  )
