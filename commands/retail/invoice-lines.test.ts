import { expect, it } from 'vitest'
import type { DateOrder } from './file/dates.ts'
import { createRefusals } from './file/refusals.ts'
import { UnusableFile } from './file/text.ts'
import { invoiceLine } from './invoice-line.fixture.ts'
import { readInvoiceLines } from './invoice-lines.ts'

const read = (lines: readonly Readonly<Record<string, string>>[], order?: DateOrder) => {
  const refused: string[] = []
  const list = createRefusals(({ line }, reason) => void refused.push(`${line} ${reason}`))
  const rows = lines.map((line, index) => invoiceLine(line, index + 2))
  return { lines: readInvoiceLines('x.csv', rows, order, list), refused }
}

const instants = (dates: readonly string[], order?: DateOrder) =>
  read(
    dates.map(InvoiceDate => ({ InvoiceDate })),
    order,
  ).lines.map(({ at }) => at.toISOString().slice(0, 19))

it.each([
  [
    'with the month first, shown by another line',
    ['12/1/2010 8:26', '12/13/2010 0:00'],
    '2010-12-01T08:26:00',
  ],
  [
    'with the day first, shown by another line',
    ['01/12/2010 08:26', '13/12/2010 00:00'],
    '2010-12-01T08:26:00',
  ],
  ['with hyphens and the day first', ['01-12-2010 08:26', '31-12-2010 08:26'], '2010-12-01T08:26:00'],
  ['with hyphens and the month first', ['12-01-2010 08:26', '12-31-2010 08:26'], '2010-12-01T08:26:00'],
  ['with a year of two digits', ['12/1/10 8:26', '12/31/10 8:26'], '2010-12-01T08:26:00'],
  ['with a year of the last century', ['12/31/99'], '1999-12-31T00:00:00'],
  ['with points, which have the day first', ['01.12.2010 8:26', '02.12.2010 8:26'], '2010-12-01T08:26:00'],
  ['that read the same in both ways', ['3/3/2011 8:26'], '2011-03-03T08:26:00'],
  ['with AM', ['12/31/2010 12:05 AM'], '2010-12-31T00:05:00'],
  ['with PM and seconds', ['12/31/2010 1:05:30 p.m.'], '2010-12-31T13:05:30'],
  ['of ISO 8601', ['2010-12-01T08:26:00.123'], '2010-12-01T08:26:00'],
  ['of ISO 8601 in UTC', ['2010-12-01T08:26:00Z'], '2010-12-01T08:26:00'],
  ['of ISO 8601 in another zone', ['2010-12-01 08:26:00+05:30'], '2010-12-01T02:56:00'],
  ['without a time', ['2010/12/01'], '2010-12-01T00:00:00'],
  ['of a leap day', ['2012-02-29 23:59:59'], '2012-02-29T23:59:59'],
])('reads dates %s', (_, dates, first) => {
  expect(instants(dates)[0]).toBe(first)
})

it.each([
  ...['2010-02-30 08:26', '2010-13-01', '2011-02-29', '0000-01-01 00:00', '2010-12-01 24:00', '31/12/2010'],
  ...[
    '12/31/2010 13:05 PM',
    '12/31/2010 0:05 AM',
    '1 Dec 2010',
    '40513.35',
    '12/31',
    'yesterday',
    '12/1-2010',
  ],
])('refuses the date %s in a file that has the month first', InvoiceDate => {
  expect(read([{ InvoiceDate }], 'month-first')).toEqual({
    lines: [],
    refused: [
      `2 unusable InvoiceDate: “${InvoiceDate}” is no date such as 2010-12-31 08:26 or 12/31/2010 8:26.`,
    ],
  })
})

it('asks which number is the month if the dates of a file do not show it, and reads them as it is told', () => {
  const dates = ['2010-12-01 08:26:00', '3/4/2011 8:26', '5/6/2011 8:26']
  expect(() => instants(dates)).toThrow(
    new UnusableFile(
      'x.csv has dates such as 3/4/2011 8:26, which have the month first or the day: say --dates month-first (12/31/2010) or --dates day-first (31/12/2010)',
    ),
  )
  expect(instants(dates, 'month-first')[1]).toBe('2011-03-04T08:26:00')
  expect(instants(dates, 'day-first')[1]).toBe('2011-04-03T08:26:00')
})

it('asks which number is the month if the dates of a file disagree, and refuses those that do not fit', () => {
  const lines = [{ InvoiceDate: '31/12/2010 8:26' }, { InvoiceDate: '12/31/2010 8:26' }]
  expect(() => read(lines)).toThrow(
    /has the month first in some dates and the day first in others: say --dates/,
  )
  expect(read(lines, 'day-first').refused).toEqual([expect.stringContaining('3 unusable InvoiceDate')])
})

it.each([
  [{ Quantity: '6.0' }, { quantity: 6 }],
  [{ Quantity: '-6' }, { quantity: -6 }],
  [{ Quantity: '1 200' }, { quantity: 1_200 }],
  [{ Quantity: '6.5' }, '“6.5” is no whole number.'],
  [{ Quantity: '1e3' }, '“1e3” is no number.'],
  [{ Quantity: '' }, 'It is empty.'],
  [{ Quantity: '1.000', UnitPrice: '4' }, '“1.000” can mean 1000 or 1: write the one that is meant.'],
  [{ UnitPrice: '2,55' }, { priceMinor: 255 }],
  [{ UnitPrice: '£2.55' }, { priceMinor: 255 }],
  [{ UnitPrice: '' }, 'It is empty.'],
  [{ UnitPrice: '0.001' }, '0.001 has 3 decimals, and GBP has 2.'],
  [{ UnitPrice: '-11062.06' }, '“-11062.06” is less than 0.'],
  [{ CustomerID: '17850' }, { customer: '17850' }],
  [{ CustomerID: '17850,0' }, { customer: '17850' }],
  [{ CustomerID: 'nan' }, { customer: undefined }],
  [{ InvoiceNo: '' }, 'It is empty.'],
])('reads or refuses a line with %o', (values, expected) => {
  const { lines, refused } = read([values])
  if (typeof expected === 'string') expect(refused).toEqual([expect.stringContaining(expected)])
  else expect(lines).toEqual([expect.objectContaining(expected)])
})
