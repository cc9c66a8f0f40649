import { parseArguments, runCommand, UsageError, withProgress } from '../command-line.ts'
import { readCatalogue } from './catalogue.ts'
import { readCsv } from './csv.ts'
import { connectShop, findProducts, ShopError, signIn } from './shop.ts'
import { closingTable, createTally } from './tally.ts'
import { isChanged, productsPerRequest, writeProducts } from './write-products.ts'

const help = `npm run import -- products FILE.csv [options]

Loads a catalogue into the running shop, through its public API: new products are created, changed names and
prices updated, everything else is left as it is. Running it again changes nothing.

FILE.csv is a product list with the columns
  sku, name, price, currency   and, if you like, description, category, available, imageUrl
or an export of invoice lines with the columns
  InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
whose stock codes become products, in pounds, with as many units in stock as the invoices sold.

  --url URL            the endpoint (http://127.0.0.1:4000/graphql)
  --email ADDRESS      a staff account (staff@example.com)
  --password PASSWORD  its password (DEMO_PASSWORD, else supergraph-demo)
  --help               this text`

await runCommand(help, async () => {
  const { values, positionals } = parseArguments({
    allowPositionals: true,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
      email: { type: 'string', default: 'staff@example.com' },
      password: { type: 'string', default: process.env.DEMO_PASSWORD || 'supergraph-demo' },
    },
  })
  const [what, file, ...more] = positionals
  if (what !== 'products' || file === undefined || more.length > 0) {
    throw new UsageError('say what to import: products, and one file')
  }
  const startedAtMs = Date.now()
  const { products, refused } = readCatalogue(file, readCsv(file))
  const shop = connectShop(values.url)
  const { email, password } = values
  const accessToken = await signIn(shop, { email, password })
  if (accessToken === undefined) {
    throw new ShopError(`${email} can't sign in: check --email and --password`)
  }

  const skus = products.map(({ sku }) => sku)
  const found = await withProgress('looking up', skus.length, add => findProducts(shop, skus, add))

  const taken = createTally()
  const changes = products.filter(product => {
    const known = found.get(product.sku)
    const isUnchanged = known !== undefined && !isChanged(known, product)
    if (isUnchanged) taken.add('unchanged')
    return !isUnchanged
  })
  await withProgress('importing', products.length, async add => {
    add(products.length - changes.length)
    for (let start = 0; start < changes.length; start += productsPerRequest) {
      const page = changes.slice(start, start + productsPerRequest)
      for (const outcome of await writeProducts(shop, accessToken, page, found)) {
        if (outcome === 'created' || outcome === 'updated') taken.add(outcome)
        else refused.add(outcome)
      }
      add(page.length)
    }
  })
  console.log(closingTable({ 'products taken': taken, 'lines refused': refused }))
  console.log(`${((Date.now() - startedAtMs) / 1_000).toFixed(1)} s`)
})
