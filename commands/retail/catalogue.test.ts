import { expect, it } from 'vitest'
import { readCatalogue } from './catalogue.ts'
import { UnusableFile } from './csv.ts'
import { invoiceLine } from './invoice-line.fixture.ts'

it('makes one product of a code under several descriptions, prices and spellings', () => {
  const { products } = readCatalogue('x.csv', [
    invoiceLine({ StockCode: '84970s', Description: 'HEART HOLDER', UnitPrice: '2.13', Quantity: '3' }),
    invoiceLine({ StockCode: '84970S', Description: 'HEART HOLDER', UnitPrice: '0.85', Quantity: '4' }),
    invoiceLine({
      StockCode: '84970S',
      Description: 'HOLDER',
      UnitPrice: '0.95',
      InvoiceDate: '2011-06-01 10:00:00',
    }),
  ])
  expect(products).toEqual([
    expect.objectContaining({
      sku: '84970S',
      name: 'HEART HOLDER',
      priceMinor: 95,
      currency: 'GBP',
      available: 8,
    }),
  ])
})

it('takes no product from fees, vouchers, returns and stock notes, and says how many there were', () => {
  const { products, refused } = readCatalogue('x.csv', [
    invoiceLine({ StockCode: 'POST', Description: 'POSTAGE' }),
    invoiceLine({ StockCode: 'BANK CHARGES' }),
    invoiceLine({ StockCode: 'gift_0001_40' }),
    invoiceLine({ Quantity: '-6' }),
    invoiceLine({ Description: 'check', UnitPrice: '0.0' }),
    invoiceLine({ Quantity: 'six' }),
  ])
  expect(products).toEqual([])
  expect(Object.fromEntries(refused.rows())).toEqual({
    'unreadable line': 1,
    'fee, discount or voucher': 3,
    'return or write-off': 1,
    'stock note without a price': 1,
  })
})

it('reads a plain product list, and refuses the lines it can not use', () => {
  const { products, refused } = readCatalogue('x.csv', [
    { sku: 'A', name: 'Mug', price: '12.5', currency: 'EUR', available: '3' },
    { sku: 'A', name: 'Mug again', price: '1', currency: 'EUR', available: '3' },
    { sku: 'B', name: 'Bowl', price: 'cheap', currency: 'EUR', available: '3' },
  ])
  expect(products).toEqual([
    {
      sku: 'A',
      name: 'Mug',
      description: '',
      category: null,
      priceMinor: 1250,
      currency: 'EUR',
      available: 3,
      imageUrl: null,
    },
  ])
  expect(refused.rows()).toEqual([
    ['sku a second time', 1],
    ['unusable price', 1],
  ])
})

it('names the columns that a file lacks', () => {
  expect(() => readCatalogue('x.csv', [{ sku: 'A', price: '1' }])).toThrow(
    new UnusableFile('x.csv lacks the column name, currency'),
  )
})
