import { z } from 'zod'
import { type DateOrder, dateOrderOf, readDate } from './file/dates.ts'
import { type DecimalMark, decimalMarkOf, readWhole } from './file/decimals.ts'
import { readPrice } from './file/price.ts'
import type { FileRecord } from './file/records.ts'
import type { Refusals } from './file/refusals.ts'
import { type Layout, type Row, type Unusable, unusable, unusableBy } from './file/table.ts'
import { UnusableFile } from './file/text.ts'

/** One line of an invoice, as a point-of-sale export has it. */
export type InvoiceLine = {
  readonly invoice: string
  /** In upper case, because the export writes the same code in both cases. */
  readonly code: string
  readonly description: string
  /** Negative on returns and write-offs. */
  readonly quantity: number
  readonly at: Date
  /** Pence; 0 on stock notes. */
  readonly priceMinor: number
  /** Undefined if the customer is unknown. */
  readonly customer: string | undefined
  readonly country: string
  readonly record: FileRecord
}

/** The columns of an export of invoice lines. */
export const invoiceLines: Layout = {
  required: [
    ...['InvoiceNo', 'StockCode', 'Description', 'Quantity'],
    ...['InvoiceDate', 'UnitPrice', 'CustomerID', 'Country'],
  ],
  optional: [],
  // n.b. the second edition of the data set, Online Retail II, has these
  otherNames: { Invoice: 'InvoiceNo', Price: 'UnitPrice' },
  isRow: ({ InvoiceNo = '', StockCode = '', Quantity = '', InvoiceDate = '', UnitPrice = '' }) =>
    InvoiceNo !== '' && StockCode !== '' && [Quantity, InvoiceDate, UnitPrice].every(text => /\d/.test(text)),
}

const filled = z.string().min(1, { error: 'It is empty.' })

const written = z.object({
  InvoiceNo: filled,
  StockCode: filled.toUpperCase(),
  Description: z.string(),
  Quantity: filled,
  InvoiceDate: filled,
  UnitPrice: filled,
  CustomerID: z.string(),
  Country: z.string(),
})

/**
 * Reads invoice lines; a line that can't be read is refused. Whether the month or the day comes first in its dates is
 * decided for the whole file, by the dates if `order` does not say it. Throws UnusableFile if they don't show it.
 */
export const readInvoiceLines = (
  file: string,
  rows: readonly Row[],
  order: DateOrder | undefined,
  { refuse }: Refusals,
): readonly InvoiceLine[] => {
  const mark = decimalMarkOf(rows.map(({ values }) => values.UnitPrice ?? ''))
  const dateOrder = order ?? decideDateOrder(file, rows)
  return rows.flatMap(row => {
    const line = lineOf(row, mark, dateOrder)
    if (!('reason' in line)) return [line]
    refuse([row.record], line.reason, line.detail)
    return []
  })
}

/** Whether a stock code belongs to a product: postage, fees, discounts and vouchers have codes of another form. */
export const isProductCode = (code: string): boolean => /^(\d{5}[A-Z]{0,2}|DCGS[A-Z0-9]+)$/.test(code)

const decideDateOrder = (file: string, rows: readonly Row[]): DateOrder => {
  const order = dateOrderOf(rows.map(({ values }) => values.InvoiceDate ?? ''))
  if (order === 'either') return 'month-first'
  if (order !== 'unknown' && order !== 'mixed') return order
  const sample = rows.find(({ values }) => /^\d\d?[/-]/.test(values.InvoiceDate ?? ''))?.values.InvoiceDate
  const problem =
    order === 'mixed'
      ? 'has the month first in some dates and the day first in others'
      : `has dates such as ${sample}, which have the month first or the day`
  throw new UnusableFile(
    `${file} ${problem}: say --dates month-first (12/31/2010) or --dates day-first (31/12/2010)`,
  )
}

const lineOf = ({ record, values }: Row, mark: DecimalMark, order: DateOrder): InvoiceLine | Unusable => {
  const parsed = written.safeParse(values)
  if (!parsed.success) return unusableBy(parsed.error)
  const { InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country } =
    parsed.data
  const quantity = readWhole(Quantity, mark)
  if (typeof quantity !== 'number') return unusable('Quantity', quantity.refused)
  const at = readDate(InvoiceDate, order)
  if (at === undefined) return unusable('InvoiceDate', noDate(InvoiceDate, order))
  const price = readPrice(UnitPrice, 'GBP', mark)
  if (price.kind === 'refused') return unusable('UnitPrice', price.message)
  const customer = CustomerID.replace(/[.,]0+$/, '')
  return {
    invoice: InvoiceNo,
    code: StockCode,
    description: Description,
    quantity,
    at,
    priceMinor: price.amountMinor,
    customer: /^(|0|nan|null|#n\/a)$/i.test(customer) ? undefined : customer,
    country: Country,
    record,
  }
}

const noDate = (text: string, order: DateOrder): string =>
  `“${text}” is no date such as 2010-12-31 08:26 or ${order === 'month-first' ? '12/31/2010' : '31/12/2010'} 8:26.`
