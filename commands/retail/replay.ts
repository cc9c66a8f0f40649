import { parseArguments, runCommand, UsageError, withProgress } from '../command-line.ts'
import { createRefusals } from './file/refusals.ts'
import { readRows } from './file/table.ts'
import { findProducts } from './find-products.ts'
import { closeInput, fileHelp, fileOptions, helpOfOptions, openInput } from './input.ts'
import { invoiceLines, readInvoiceLines } from './invoice-lines.ts'
import { type CustomerHistory, readOrderHistory } from './order-history.ts'
import { createCustomerReplay, type ReplayOutcome } from './replay-customer.ts'
import { connectShop } from './shop.ts'
import { createTally } from './tally.ts'

const help = `npm run replay -- FILE.csv [options]

Plays an order history against the running shop, only through its public API: every customer is registered, each
invoice placed as an order and paid with Stripe's test card pm_card_visa, each credit note (InvoiceNo with a leading C)
that reverses a whole order cancels it.
Several customers are played at the same time; the orders of one customer are placed one after another. Running it again changes nothing.
Import the products first: npm run import -- products FILE.csv

FILE.csv is an export of invoice lines with the columns
  InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
${fileHelp}

${helpOfOptions([
  ['--password PASSWORD', "the password of the customers' accounts (supergraph-replay)"],
  ['--concurrency N', 'customers at a time (8)'],
])}`

await runCommand(help, async () => {
  const { values, positionals } = parseArguments({
    allowPositionals: true,
    options: {
      ...fileOptions,
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

  const input = openInput(file, values, [invoiceLines])
  const { add } = input.rejects
  const outcome = {
    customers: createTally(),
    refusedCustomers: createTally(),
    orders: createTally(),
    refusedInvoices: createRefusals(add, 'invoice refused: '),
    cancellations: createTally(),
    refusedCancellations: createRefusals(add, 'credit note refused: '),
    refusedLines: createRefusals(add),
  }
  try {
    const rows = readRows(file, input.table, outcome.refusedLines)
    const lines = readInvoiceLines(file, rows, input.dates, outcome.refusedLines)
    await replay(readOrderHistory(lines, outcome), { ...values, concurrency, outcome })
  } finally {
    closeInput(input, {
      customers: outcome.customers,
      'customers refused': outcome.refusedCustomers,
      orders: outcome.orders,
      'invoices refused': outcome.refusedInvoices,
      cancellations: outcome.cancellations,
      'credit notes refused': outcome.refusedCancellations,
      'lines left out': outcome.refusedLines,
    })
  }
})

async function replay(
  history: readonly CustomerHistory[],
  {
    url,
    password,
    concurrency,
    outcome,
  }: {
    readonly url: string
    readonly password: string
    readonly concurrency: number
    readonly outcome: ReplayOutcome
  },
): Promise<void> {
  const startedAt = new Date()
  const shop = connectShop(url)
  const events = history.flatMap(({ events }) => events)
  const items = events.flatMap(event => (event.kind === 'order' ? event.items : []))
  const skus = [...new Set(items.map(({ sku }) => sku))]
  const products = await withProgress('looking up', skus.length, add => findProducts(shop, skus, add))
  const play = createCustomerReplay({ shop, products, password, startedAt, outcome })
  await withProgress('replaying', events.length, add =>
    forEach(history, concurrency, async customer => {
      await play(customer)
      add(customer.events.length)
    }),
  )
}

/** Runs `work` on every item, `concurrency` at a time. */
async function forEach<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}
