import { parseArguments, runCommand, UsageError, withProgress } from '../command-line.ts'
import { readCsv } from './csv.ts'
import { readInvoiceLines } from './invoice-lines.ts'
import { readOrderHistory } from './order-history.ts'
import { createCustomerReplay } from './replay-customer.ts'
import { connectShop, findProducts, forEach } from './shop.ts'
import { closingTable } from './tally.ts'

const help = `npm run replay -- FILE.csv [options]

Plays an order history against the running shop, only through its public API: every customer is registered, each
invoice placed as an order and paid with Stripe's test card pm_card_visa, each credit note (InvoiceNo with a leading C)
that reverses a whole order cancels it.
Several customers are played at the same time; the orders of one customer are placed one after another. Running it again changes nothing.
Import the products first: npm run import -- products FILE.csv

FILE.csv is an export of invoice lines with the columns
  InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country

  --url URL             the endpoint (http://127.0.0.1:4000/graphql)
  --password PASSWORD   the password of the customers' accounts (supergraph-replay)
  --concurrency N       customers at a time (8)
  --help                this text`

await runCommand(help, async () => {
  const { values, positionals } = parseArguments({
    allowPositionals: true,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
      password: { type: 'string', default: 'supergraph-replay' },
      concurrency: { type: 'string', default: '8' },
    },
  })
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError('name one file to replay')
  const concurrency = Number(values.concurrency)
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 64) {
    throw new UsageError('--concurrency takes a whole number from 1 to 64')
  }

  const startedAt = new Date()
  const { lines, refused: unreadable } = readInvoiceLines(file, readCsv(file))
  const history = readOrderHistory(lines)
  const shop = connectShop(values.url)
  const skus = new Set(
    history.customers.flatMap(({ events }) =>
      events.flatMap(event => (event.kind === 'order' ? event.items.map(item => item.sku) : [])),
    ),
  )
  const products = await withProgress('looking up', skus.size, add => findProducts(shop, [...skus], add))

  const replay = createCustomerReplay({ shop, products, password: values.password, startedAt, history })
  const events = history.customers.reduce((sum, { events }) => sum + events.length, 0)
  await withProgress('replaying', events, add =>
    forEach(history.customers, concurrency, async customer => {
      await replay.play(customer)
      add(customer.events.length)
    }),
  )
  for (const [reason, count] of unreadable.rows()) history.refusedLines.add(reason, count)
  console.log(
    closingTable({
      customers: replay.customers,
      'customers refused': replay.refusedCustomers,
      orders: replay.orders,
      'invoices refused': history.refusedInvoices,
      cancellations: replay.cancellations,
      'credit notes refused': history.refusedCancellations,
      'lines left out': history.refusedLines,
    }),
  )
  console.log(`${((Date.now() - startedAt.getTime()) / 1_000).toFixed(1)} s`)
})
