import { expect, it } from 'vitest'
import { catalogueOfInvoices } from './catalogue.ts'
import { createRefusals } from './file/refusals.ts'
import { invoiceLine } from './invoice-line.fixture.ts'
import { readInvoiceLines } from './invoice-lines.ts'

const catalogueOf = (...lines: readonly Readonly<Record<string, string>>[]) => {
  const refused = createRefusals(() => {})
  const rows = lines.map((line, index) => invoiceLine(line, index + 2))
  return {
    products: catalogueOfInvoices(readInvoiceLines('x.csv', rows, undefined, refused), refused),
    refused,
  }
}

it('makes one product of a code under several descriptions, prices and spellings', () => {
  const { products } = catalogueOf(
    { StockCode: '84970s', Description: 'HEART HOLDER', UnitPrice: '2.13', Quantity: '3' },
    { StockCode: '84970S', Description: 'HEART HOLDER', UnitPrice: '0.85', Quantity: '4' },
    {
      StockCode: '84970S',
      Description: 'HOLDER',
      UnitPrice: '0.95',
      InvoiceDate: '2011-06-01 10:00:00',
    },
  )
  expect(products).toEqual([
    expect.objectContaining({
      sku: '84970S',
      name: 'HEART HOLDER',
      priceMinor: 95,
      currency: 'GBP',
      available: 8,
      records: [2, 3, 4].map(line => expect.objectContaining({ line })),
    }),
  ])
})

it('takes no product from fees, vouchers, returns and stock notes, and says how many there were', () => {
  const { products, refused } = catalogueOf(
    { StockCode: 'POST', Description: 'POSTAGE' },
    { StockCode: 'BANK CHARGES' },
    { StockCode: 'gift_0001_40' },
    { Quantity: '-6' },
    { Description: 'check', UnitPrice: '0.0' },
    { Quantity: 'six' },
  )
  expect(products).toEqual([])
  expect(Object.fromEntries(refused.rows())).toEqual({
    'unusable Quantity': 1,
    'fee, discount or voucher': 3,
    'return or write-off': 1,
    'stock note without a price': 1,
  })
})
