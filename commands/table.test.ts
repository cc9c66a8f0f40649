import { expect, it } from 'vitest'
import { formatTable } from './table.ts'

const columns = [{ title: 'ID' }, { title: 'QUEUE', shrinksTo: 8 }, { title: 'ERROR', shrinksTo: 8 }]
const rows = [
  ['0197-abc', 'notifications.on-order-changed', 'the customer is not known here, nor anywhere'],
  ['0197-def', 'short', 'no'],
]

it('cuts what may be cut, and nothing else, until it fits', () => {
  const lines = formatTable(columns, rows, 40).split('\n')
  expect(Math.max(...lines.map(line => line.length))).toBe(40)
  expect(lines[1]).toMatch(/^0197-abc {2}notific\S*… {2}the cust.*…$/)
  expect(lines[2]).toMatch(/^0197-def {2}short +no$/)
})

it('leaves everything whole and aligned if there is room', () => {
  expect(formatTable(columns, rows, 200)).toBe(
    [
      'ID        QUEUE                           ERROR',
      '0197-abc  notifications.on-order-changed  the customer is not known here, nor anywhere',
      '0197-def  short                           no',
    ].join('\n'),
  )
})

it('keeps a line a line, whatever is in it', () => {
  expect(formatTable([{ title: 'ERROR' }], [['one\ntwo\t\u001b[31mred']], 80)).toBe('ERROR\none two [31mred')
})
