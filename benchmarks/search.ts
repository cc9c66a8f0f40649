import { startAll } from '@supergraph/runtime/lifecycle.ts'
import type { DataSource } from 'typeorm'
import { parseArguments, runCommand, UsageError } from '../commands/command-line.ts'
import { openProductsDatabase } from '../subgraphs/products/database/open.ts'
import type { ProductSearch } from '../subgraphs/products/database/product-rows.ts'
import { createProductStore } from '../subgraphs/products/database/product-store.ts'
import { startDatabaseServer } from '../testbed/database-server.ts'
import { percentile } from '../testbed/percentile.ts'
import { freePorts } from '../testbed/ports.ts'
import { createRandom } from '../testbed/random.ts'
import { openRunDirectory } from '../testbed/run-directory.ts'
import {
  createVocabulary,
  fillCatalogue,
  type MeasuredProduct,
  measuredProducts,
} from './search/catalogue.ts'
import { mistypedName, searchKinds } from './search/queries.ts'

const seed = 'search'
const defaultCount = 1_000_000
const sampleSize = 2_000
const searchesPerKind = 200
const warmUps = 10
const typingErrors = 500
const pageSize = 20

const sampleOf = (count: number): readonly [MeasuredProduct, ...MeasuredProduct[]] => {
  const step = Math.max(Math.floor(count / sampleSize), 1)
  const [first, ...others] = measuredProducts(seed, count).filter((_, number) => number % step === 0)
  if (first === undefined) throw new Error('the catalogue has no products')
  return [first, ...others]
}

const measure = async (run: () => Promise<unknown>): Promise<readonly number[]> => {
  for (let index = 0; index < warmUps; index += 1) await run()
  const ms: number[] = []
  for (let index = 0; index < searchesPerKind; index += 1) {
    const startedAt = performance.now()
    await run()
    ms.push(performance.now() - startedAt)
  }
  return ms
}

const measureAll = async (database: DataSource, productCount: number): Promise<void> => {
  const seconds = await fillCatalogue(database, seed, productCount)
  console.log(`${productCount} products made searchable in ${seconds.toFixed(0)} s\n`)
  const products = sampleOf(productCount)
  const store = createProductStore(database)
  const read = (page: Pick<ProductSearch, 'filter' | 'sort'>) =>
    store.page({ ...page, limit: pageSize + 1, after: undefined })
  const random = createRandom(seed)

  const ids = (await store.loadBySkus(products.map(({ sku }) => sku))).map(({ id }) => id)
  const floor = await measure(() => store.loadByIds(random.shuffled(ids).slice(0, pageSize)))
  console.log(`${' '.repeat(36)}  p50 ms  p99 ms  p99 to floor`)
  console.log(lineOf(`${pageSize} products by their ids`, floor, floor))
  const vocabulary = createVocabulary(random.fork('vocabulary'))
  for (const { name, next } of searchKinds(random.fork('searches'), vocabulary, products))
    console.log(lineOf(name, await measure(() => read(next())), floor))

  const errors = random.fork('typing errors')
  let found = 0
  for (let number = 0; number < typingErrors; number += 1) {
    const product = errors.pick(products)
    const page = await read({ filter: { search: mistypedName(errors, product) }, sort: 'RELEVANCE' })
    if (page.slice(0, pageSize).some(({ sku }) => sku === product.sku)) found += 1
  }
  const share = ((100 * found) / typingErrors).toFixed(1)
  console.log(
    `\n${typingErrors} names with a typing error: ${share} % of their products are among the first ${pageSize}`,
  )
}

const lineOf = (name: string, ms: readonly number[], floor: readonly number[]): string => {
  const [p50, p99] = [percentile(ms, 0.5), percentile(ms, 0.99)]
  const values = [p50, p99, p99 / percentile(floor, 0.99)]
  return name.padEnd(36) + values.map(value => value.toFixed(1).padStart(8)).join('')
}

const help = `npm run bench -- search [options]

Measures searches in a catalogue of made-up products on a durable PostgreSQL: words, prefixes, parts of a sku, typing errors,
and words that very many products have; and how many names with a typing error find their product. The floor is a page of
products by their ids.

  --products N  how many products there are (${defaultCount.toLocaleString('en')})
  --help        this text`

const readCount = (): number => {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: { products: { type: 'string', default: String(defaultCount) } },
  })
  const count = Number(values.products)
  if (!Number.isSafeInteger(count) || count < 1)
    throw new UsageError('--products takes a whole number from 1')
  return count
}

await runCommand(help, async () => {
  const productCount = readCount()
  const running = await startAll(async use => {
    const directory = use(await openRunDirectory())
    const [port = 0] = await freePorts(1)
    const server = use(await startDatabaseServer(directory, port))
    return { database: use(await openProductsDatabase(server.urls.products)) }
  })
  try {
    await measureAll(running.database, productCount)
  } finally {
    await running.stop()
  }
})
