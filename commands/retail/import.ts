import { parseArguments, runCommand, UsageError, withProgress } from '../command-line.ts'
import { type CatalogueProduct, catalogueLayouts, readCatalogue } from './catalogue.ts'
import { createRefusals, type Refusals } from './file/refusals.ts'
import { findProducts } from './find-products.ts'
import { closeInput, fileHelp, fileOptions, helpOfOptions, openInput } from './input.ts'
import { type StaffCredentials, signIn, signInRefused } from './session.ts'
import { connectShop } from './shop.ts'
import { createTally, type Tally } from './tally.ts'
import { isChanged, productsPerRequest, writeProducts } from './write-products.ts'

const help = `npm run import -- products FILE.csv [options]

Loads a catalogue into the running shop, through its public API: new products are created, changed names and
prices updated, everything else is left as it is. Running it again changes nothing.

FILE.csv is a product list with the columns
  sku, name, price, currency   and, if you like, description, category, available, imageUrl
or an export of invoice lines with the columns
  InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
whose stock codes become products, in pounds, with as many units in stock as the invoices sold.
${fileHelp}

${helpOfOptions([
  ['--email ADDRESS', 'a staff account (staff@example.com)'],
  ['--password PASSWORD', 'its password (DEMO_PASSWORD, else supergraph-demo)'],
  ['--code CODE', 'what its app shows, if the account asks for a code'],
])}`

await runCommand(help, async () => {
  const { values, positionals } = parseArguments({
    allowPositionals: true,
    options: {
      ...fileOptions,
      email: { type: 'string', default: 'staff@example.com' },
      password: { type: 'string', default: process.env.DEMO_PASSWORD || 'supergraph-demo' },
      code: { type: 'string' },
    },
  })
  const [what, file, ...more] = positionals
  if (what !== 'products' || file === undefined || more.length > 0) {
    throw new UsageError('say what to import: products, and one file')
  }
  const input = openInput(file, values, catalogueLayouts)
  const taken = createTally()
  const refused = createRefusals(input.rejects.add)
  try {
    const products = readCatalogue(file, input, refused)
    await importProducts(products, { ...values, taken, refused })
  } finally {
    closeInput(input, { 'products taken': taken, 'lines refused': refused })
  }
})

async function importProducts(
  products: readonly CatalogueProduct[],
  {
    url,
    email,
    password,
    code,
    taken,
    refused,
  }: StaffCredentials & { readonly url: string; readonly taken: Tally; readonly refused: Refusals },
): Promise<void> {
  const shop = connectShop(url)
  const access = await signIn(shop, { email, password, code })
  if (!('accessToken' in access)) throw signInRefused({ email }, access)

  const skus = products.map(({ sku }) => sku)
  const found = await withProgress('looking up', skus.length, add => findProducts(shop, skus, add))

  const changes = products.filter(product => {
    const known = found.get(product.sku)
    if (known === undefined) return true
    if (known.archivedAt !== null) {
      refused.refuse(
        product.records,
        'archived',
        'The shop has archived it, and its sku stays taken: give a new sku.',
      )
      return false
    }
    if (known.price.currency !== product.currency) {
      refused.refuse(product.records, 'other currency', otherCurrency(known.price.currency, product.currency))
      return false
    }
    if (!isChanged(known, product)) taken.add('unchanged')
    return isChanged(known, product)
  })
  await withProgress('importing', products.length, async add => {
    add(products.length - changes.length)
    for (let start = 0; start < changes.length; start += productsPerRequest) {
      const page = changes.slice(start, start + productsPerRequest)
      for (const [index, outcome] of (await writeProducts(shop, access, page, found)).entries()) {
        if (outcome.kind !== 'refused') taken.add(outcome.kind)
        else refused.refuse(page[index]?.records ?? [], outcome.reason, outcome.detail)
      }
      add(page.length)
    }
  })
}

function otherCurrency(known: string, given: string): string {
  return `The shop has this sku at a price in ${known}, and a product keeps its currency: give the price in ${known}, or a new sku for ${given}.`
}
