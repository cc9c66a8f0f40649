import { z } from 'zod'
import { requireColumns } from './csv.ts'
import { createTally, type Tally } from './tally.ts'

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
}

export const invoiceColumns = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const

const row = z.object({
  InvoiceNo: z.string().trim().min(1),
  StockCode: z.string().trim().min(1).toUpperCase(),
  Description: z.string().trim(),
  Quantity: z.coerce.number().int(),
  InvoiceDate: z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
  UnitPrice: z.coerce.number().min(0),
  CustomerID: z.string().trim(),
  Country: z.string().trim(),
})

/** Reads invoice lines; a line that can't be read is counted as refused. Throws UnusableFile without the columns. */
export const readInvoiceLines = (
  file: string,
  rows: readonly Readonly<Record<string, string>>[],
): { readonly lines: readonly InvoiceLine[]; readonly refused: Tally } => {
  requireColumns(file, rows, invoiceColumns)
  const refused = createTally()
  const lines = rows.flatMap(values => {
    const parsed = row.safeParse(values)
    if (!parsed.success) {
      refused.add('unreadable line')
      return []
    }
    const { InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country } =
      parsed.data
    const customer = CustomerID.replace(/\.0$/, '')
    return [
      {
        invoice: InvoiceNo,
        code: StockCode,
        description: Description,
        quantity: Quantity,
        at: new Date(`${InvoiceDate.replace(' ', 'T')}Z`),
        priceMinor: Math.round(UnitPrice * 100),
        customer: customer === '' || customer === '0' ? undefined : customer,
        country: Country,
      },
    ]
  })
  return { lines, refused }
}

/** Whether a stock code belongs to a product: postage, fees, discounts and vouchers have codes of another form. */
export const isProductCode = (code: string): boolean => /^(\d{5}[A-Z]{0,2}|DCGS[A-Z0-9]+)$/.test(code)
