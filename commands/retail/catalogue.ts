import { isCurrency } from '@supergraph/money/money.ts'
import { z } from 'zod'
import type { DateOrder } from './file/dates.ts'
import { type DecimalMark, decimalMarkOf, readWhole } from './file/decimals.ts'
import { readPrice } from './file/price.ts'
import type { FileRecord } from './file/records.ts'
import type { Refusals } from './file/refusals.ts'
import {
  type Layout,
  type Row,
  readRows,
  type Table,
  type Unusable,
  unusable,
  unusableBy,
} from './file/table.ts'
import { type InvoiceLine, invoiceLines, isProductCode, readInvoiceLines } from './invoice-lines.ts'

/** A product as a file describes it. */
export type CatalogueProduct = {
  readonly sku: string
  readonly name: string
  readonly description: string
  readonly category: string | null
  readonly priceMinor: number
  readonly currency: string
  /** Units in stock when the product is new. */
  readonly available: number
  readonly imageUrl: string | null
  /** Where the file describes it. */
  readonly records: readonly FileRecord[]
}

/** The columns of a product list. */
const productList: Layout = {
  required: ['sku', 'name', 'price', 'currency'],
  optional: ['description', 'category', 'available', 'imageUrl'],
  otherNames: {},
  isRow: ({ sku = '', name = '', price = '', currency = '' }) =>
    sku !== '' && name !== '' && /\d/.test(price) && /^[A-Za-z]{3}$/.test(currency),
}

const filled = z.string().min(1, { error: 'It is empty.' })

const listed = z.object({
  sku: filled,
  name: filled,
  description: z.string(),
  category: z.string(),
  price: filled,
  currency: filled.toUpperCase().refine(isCurrency, {
    error: ({ input }) => `“${input}” is no currency of ISO 4217, such as EUR.`,
  }),
  available: z.string(),
  imageUrl: z.string(),
})

/** The kinds of files that a catalogue is read from. */
export const catalogueLayouts = [productList, invoiceLines]

/** Reads the products of a file; what describes no product, or none that can be read, is refused. */
export const readCatalogue = (
  file: string,
  { table, dates }: { readonly table: Table; readonly dates: DateOrder | undefined },
  refused: Refusals,
): readonly CatalogueProduct[] => {
  const rows = readRows(file, table, refused)
  return table.layout === productList
    ? readProductList(rows, refused)
    : catalogueOfInvoices(readInvoiceLines(file, rows, dates, refused), refused)
}

/** The products of a product list; a sku that comes again is refused, as is what can't be read. */
const readProductList = (rows: readonly Row[], { refuse }: Refusals): readonly CatalogueProduct[] => {
  const mark = decimalMarkOf(rows.map(({ values }) => values.price ?? ''))
  const products = new Map<string, CatalogueProduct>()
  for (const row of rows) {
    const product = productOf(row, mark)
    if ('reason' in product) {
      refuse([row.record], product.reason, product.detail)
      continue
    }
    const [known] = products.get(product.sku)?.records ?? []
    if (known === undefined) products.set(product.sku, product)
    else refuse([row.record], 'sku a second time', `Line ${known.line} has the sku ${product.sku} too.`)
  }
  return [...products.values()]
}

const productOf = ({ record, values }: Row, mark: DecimalMark): CatalogueProduct | Unusable => {
  const parsed = listed.safeParse(values)
  if (!parsed.success) return unusableBy(parsed.error)
  const { price, available, category, imageUrl, ...product } = parsed.data
  const amount = readPrice(price, product.currency, mark)
  if (amount.kind === 'refused') return unusable('price', amount.message)
  const units = readWhole(available === '' ? '0' : available, mark)
  if (typeof units !== 'number') return unusable('available', units.refused)
  if (units < 0) return unusable('available', `“${available}” is less than 0.`)
  return {
    ...product,
    priceMinor: amount.amountMinor,
    available: units,
    category: category || null,
    imageUrl: imageUrl || null,
    records: [record],
  }
}

/**
 * The products that invoices sold: one per code, under the name most often written on its priced lines, at its latest
 * price, in pounds, with as many units as the invoices sold. Fee lines and stock notes are no products.
 */
export const catalogueOfInvoices = (
  lines: readonly InvoiceLine[],
  { refuse }: Refusals,
): readonly CatalogueProduct[] => {
  const sold: InvoiceLine[] = []
  for (const line of lines) {
    if (!isProductCode(line.code)) refuse([line.record], 'fee, discount or voucher')
    else if (line.quantity <= 0) refuse([line.record], 'return or write-off')
    else if (line.priceMinor === 0) refuse([line.record], 'stock note without a price')
    else sold.push(line)
  }
  return [...Map.groupBy(sold, line => line.code)].map(([sku, lines]) => {
    const byDate = lines.toSorted((a, b) => a.at.getTime() - b.at.getTime())
    return {
      sku,
      name: mostFrequent(byDate.map(line => line.description)),
      description: '',
      category: null,
      priceMinor: byDate.at(-1)?.priceMinor ?? 0,
      currency: 'GBP',
      available: lines.reduce((sum, line) => sum + line.quantity, 0),
      imageUrl: null,
      records: lines.map(line => line.record),
    }
  })
}

/** The most frequent text of a list; the later one if two are equally frequent. */
const mostFrequent = (texts: readonly string[]): string => {
  const groups = [...Map.groupBy(texts, text => text)]
  return groups.reduce(
    (best, group) => (group[1].length >= best[1].length ? group : best),
    ['', [] as string[]],
  )[0]
}
