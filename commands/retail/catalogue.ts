import { z } from 'zod'
import { requireColumns } from './csv.ts'
import { type InvoiceLine, invoiceColumns, isProductCode, readInvoiceLines } from './invoice-lines.ts'
import { createTally, type Tally } from './tally.ts'

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
}

export type Catalogue = {
  readonly products: readonly CatalogueProduct[]
  /** The number of lines that describe no product, by reason. */
  readonly refused: Tally
}

const catalogueColumns = ['sku', 'name', 'price', 'currency'] as const

/** Reads a catalogue from a product list (columns sku, name, price, currency …) or from invoice lines. */
export const readCatalogue = (file: string, rows: readonly Readonly<Record<string, string>>[]): Catalogue => {
  const [first = {}] = rows
  if (!invoiceColumns.every(column => column in first)) return productList(file, rows)
  const { lines, refused } = readInvoiceLines(file, rows)
  return catalogueOfInvoices(lines, refused)
}

const listed = z.object({
  sku: z.string().trim().min(1),
  name: z.string().trim().min(1),
  description: z.string().trim().default(''),
  category: z.string().trim().default(''),
  price: z
    .string()
    .trim()
    .regex(/^\d+(\.\d{1,2})?$/),
  currency: z.string().trim().length(3),
  available: z.coerce.number().int().min(0).default(0),
  imageUrl: z.string().trim().default(''),
})

const productList = (file: string, rows: readonly Readonly<Record<string, string>>[]): Catalogue => {
  requireColumns(file, rows, catalogueColumns)
  const refused = createTally()
  const products = new Map<string, CatalogueProduct>()
  for (const row of rows) {
    const parsed = listed.safeParse(row)
    if (!parsed.success) {
      refused.add(`unusable ${parsed.error.issues[0]?.path.join('.')}`)
      continue
    }
    const { price, category, imageUrl, ...product } = parsed.data
    if (products.has(product.sku)) refused.add('sku a second time')
    else
      products.set(product.sku, {
        ...product,
        priceMinor: Math.round(Number(price) * 100),
        category: category || null,
        imageUrl: imageUrl || null,
      })
  }
  return { products: [...products.values()], refused }
}

/**
 * The products that invoices sold: one per code, under the name most often written on its priced lines, at its latest
 * price, in pounds, with as many units as the invoices sold. Fee lines and stock notes are no products.
 */
const catalogueOfInvoices = (lines: readonly InvoiceLine[], refused: Tally): Catalogue => {
  const sold: InvoiceLine[] = []
  for (const line of lines) {
    if (!isProductCode(line.code)) refused.add('fee, discount or voucher')
    else if (line.quantity <= 0) refused.add('return or write-off')
    else if (line.priceMinor === 0) refused.add('stock note without a price')
    else sold.push(line)
  }
  const products = [...Map.groupBy(sold, line => line.code)].map(([sku, lines]) => {
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
    }
  })
  return { products, refused }
}

/** The most frequent text of a list; the later one if two are equally frequent. */
const mostFrequent = (texts: readonly string[]): string => {
  const groups = [...Map.groupBy(texts, text => text)]
  return groups.reduce(
    (best, group) => (group[1].length >= best[1].length ? group : best),
    ['', [] as string[]],
  )[0]
}
