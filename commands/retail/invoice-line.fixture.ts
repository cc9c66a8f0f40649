/** A line of an invoice export, as a CSV reader gives it, with what a test cares about replaced. */
export const invoiceLine = (
  replaced: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  InvoiceNo: '536365',
  StockCode: '85123A',
  Description: 'WHITE HANGING HEART T-LIGHT HOLDER',
  Quantity: '1',
  InvoiceDate: '2010-12-01 08:26:00',
  UnitPrice: '2.55',
  CustomerID: '17850.0',
  Country: 'United Kingdom',
  ...replaced,
})
