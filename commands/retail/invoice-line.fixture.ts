import type { Row } from './file/table.ts'

/** A line of an invoice export with what a test cares about replaced, as if it stood in this line of a file. */
export const invoiceLine = (replaced: Readonly<Record<string, string>>, line = 2): Row => ({
  record: { line, text: Object.values(replaced).join(',') },
  values: {
    InvoiceNo: '536365',
    StockCode: '85123A',
    Description: 'WHITE HANGING HEART T-LIGHT HOLDER',
    Quantity: '1',
    InvoiceDate: '2010-12-01 08:26:00',
    UnitPrice: '2.55',
    CustomerID: '17850.0',
    Country: 'United Kingdom',
    ...replaced,
  },
})
