import { expect, it } from 'vitest'
import { countryCode } from './countries.ts'
import { createRefusals } from './file/refusals.ts'
import { invoiceLine } from './invoice-line.fixture.ts'
import { readInvoiceLines } from './invoice-lines.ts'
import { readOrderHistory } from './order-history.ts'

const historyOf = (...lines: readonly Readonly<Record<string, string>>[]) => {
  const listed: string[] = []
  const list = ({ line }: { readonly line: number }, reason: string) => void listed.push(`${line} ${reason}`)
  const refusals = {
    refusedInvoices: createRefusals(list),
    refusedCancellations: createRefusals(list),
    refusedLines: createRefusals(list),
  }
  const rows = lines.map((line, index) => invoiceLine(line, index + 2))
  const invoiceLines = readInvoiceLines('x.csv', rows, undefined, refusals.refusedLines)
  return { customers: readOrderHistory(invoiceLines, refusals), listed, ...refusals }
}

it('makes an order of an invoice: lines of a code added up; fees, returns and free lines left out', () => {
  const { customers, refusedLines } = historyOf(
    { Quantity: '2' },
    { StockCode: '85123a', Quantity: '3' },
    { StockCode: 'POST' },
    { StockCode: '71053', Quantity: '-1' },
    { StockCode: '22556', UnitPrice: '0' },
  )
  expect(customers).toEqual([
    {
      customer: '17850',
      country: 'United Kingdom',
      events: [
        expect.objectContaining({
          kind: 'order',
          invoice: '536365',
          items: [{ sku: '85123A', quantity: 5 }],
        }),
      ],
    },
  ])
  expect(Object.fromEntries(refusedLines.rows())).toEqual({
    'fee, discount or voucher': 1,
    'return or write-off': 1,
    'without a price': 1,
  })
})

it('makes no order of an invoice without a customer, without products, or of an accounting entry', () => {
  const { customers, refusedInvoices, listed } = historyOf(
    { InvoiceNo: '1', CustomerID: '0.0' },
    { InvoiceNo: '2', CustomerID: '' },
    { InvoiceNo: '2', CustomerID: '', StockCode: '71053' },
    { InvoiceNo: '3', StockCode: 'POST' },
    { InvoiceNo: 'A4' },
    { InvoiceNo: '5', CustomerID: 'a@b.example' },
  )
  expect(customers.flatMap(({ events }) => events)).toEqual([])
  expect(Object.fromEntries(refusedInvoices.rows())).toEqual({
    'no customer': 2,
    'no product lines': 1,
    'accounting entry': 1,
    'unusable CustomerID': 1,
  })
  expect(listed).toEqual([
    '2 no customer',
    '3 no customer',
    '4 no customer',
    '5 fee, discount or voucher',
    '5 no product lines',
    '6 accounting entry',
    '7 unusable CustomerID: “a@b.example” makes no e-mail address: use letters and digits.',
  ])
})

it('cancels the order that a credit note reverses as a whole, the latest one, once', () => {
  const { customers, refusedCancellations } = historyOf(
    { InvoiceNo: '1', InvoiceDate: '2011-01-01 10:00:00', Quantity: '6' },
    { InvoiceNo: '2', InvoiceDate: '2011-01-02 10:00:00', Quantity: '6' },
    { InvoiceNo: 'C3', InvoiceDate: '2011-01-03 10:00:00', Quantity: '-6' },
    { InvoiceNo: 'C4', InvoiceDate: '2011-01-04 10:00:00', Quantity: '-6' },
    { InvoiceNo: 'C5', InvoiceDate: '2011-01-05 10:00:00', Quantity: '-6' },
  )
  expect(customers[0]?.events.filter(({ kind }) => kind === 'cancellation')).toEqual([
    expect.objectContaining({ kind: 'cancellation', creditNote: 'C3', invoice: '2' }),
    expect.objectContaining({ kind: 'cancellation', creditNote: 'C4', invoice: '1' }),
  ])
  expect(refusedCancellations.rows()).toEqual([['order not in the file', 1]])
})

it('cancels nothing for a return of a part, or of what another customer bought', () => {
  const { refusedCancellations } = historyOf(
    { InvoiceNo: '1', Quantity: '6' },
    { InvoiceNo: 'C2', InvoiceDate: '2011-01-03 10:00:00', Quantity: '-2' },
    { InvoiceNo: 'C3', InvoiceDate: '2011-01-04 10:00:00', Quantity: '-6', CustomerID: '12583.0' },
    { InvoiceNo: 'C4', InvoiceDate: '2011-01-04 10:00:00', StockCode: 'D', Quantity: '-1' },
  )
  expect(Object.fromEntries(refusedCancellations.rows())).toEqual({
    'returns part of an order': 1,
    'order not in the file': 1,
    'no product lines': 1,
  })
})

it('reads a customer with ten thousand orders and half as many credit notes, as an account for cash has, in seconds', () => {
  const bill = (InvoiceNo: string, number: number, Quantity: number) =>
    [0, 13, 26].map(step => ({
      ...{ InvoiceNo, StockCode: String(10_000 + ((number + step) % 4_000)), Quantity: String(Quantity) },
    }))
  const orders = Array.from({ length: 10_000 }, (_, index) => bill(`${index + 1}`, index, 1 + (index % 5)))
  const notes = Array.from({ length: 5_000 }, (_, index) => bill(`C${index}`, index, -7))
  const startedAt = performance.now()
  const { customers, refusedCancellations } = historyOf(...orders.flat(), ...notes.flat())
  expect(performance.now() - startedAt).toBeLessThan(6_000)
  expect(customers[0]?.events).toHaveLength(10_000)
  expect(refusedCancellations.rows()).toEqual([['order not in the file', 5_000]])
})

it('knows countries by the names the export uses', () => {
  expect(['EIRE', 'Germany', 'Channel Islands', 'United Kingdom', 'Unspecified'].map(countryCode)).toEqual([
    'IE',
    'DE',
    'JE',
    'GB',
    'GB',
  ])
})
