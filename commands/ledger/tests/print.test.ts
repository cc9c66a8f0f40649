import { nothing } from '@supergraph/ledger/totals.ts'
import { expect, it } from 'vitest'
import { reconciliationLine, remedyTable, summaryLine, violationTable } from '../print.ts'
import type { Remedy } from '../reconcile/remedy.ts'

const order = '01a1f91b-04e5-72a0-acdd-f52c988ba07c'
const payment = 'pi_3QvWxYz0123456789abcdefg'

it('prints kind, subject, detail and every id, no wider than the terminal', () => {
  const table = violationTable(
    [
      {
        kind: 'charged-twice',
        subject: order,
        detail: '2 payments: succeeded, succeeded',
        ids: [payment, `${payment}h`],
      },
      { kind: 'shelf-disagrees', subject: order, detail: '3 on hand, its movements say 4', ids: [] },
    ],
    60,
  )
  expect(table).toBe(
    [
      `charged-twice    ${order}`,
      '                 2 payments: succeeded, succeeded',
      `                 ${payment}`,
      `                 ${payment}h`,
      `shelf-disagrees  ${order}`,
      '                 3 on hand, its movements say 4',
    ].join('\n'),
  )
})

it('sums up in one line, with both sides if they differ', () => {
  const totals = {
    ...nothing,
    orders: 1_234,
    ordersInFlight: 2,
    products: 60,
    units: { orders: 5, service: 5 },
    money: { EUR: { orders: 123_456n, service: 123_400n } },
    events: 7,
    notifications: 8,
  }
  expect(summaryLine({ totals, violations: [] })).toBe(
    '1,234 orders (2 in flight), 60 products, 5 units sold, €1,234.56 ≠ €1,234.00 kept, 7 events, 8 notifications, 0 violations',
  )
})

it('says who does what about what disagrees', () => {
  const left: readonly Remedy[] = [
    {
      kind: 'stock-not-taken',
      subject: 'a',
      does: 'take its stock',
      by: 'command',
      apply: async () => 'done',
    },
    { kind: 'charged-twice', subject: 'b', does: 'refund one', by: 'person' },
  ]
  expect(remedyTable(left, 80)).toBe(
    [
      'stock-not-taken  a',
      '                 --apply: take its stock',
      'charged-twice    b',
      '                 you: refund one',
    ].join('\n'),
  )
  expect(reconciliationLine(3, left)).toBe('3 done, 1 left for --apply, 0 for the services, 1 for you')
  const failed: Remedy = { kind: 'stuck', subject: 'c', does: 'no disk', by: 'failed' }
  expect(reconciliationLine(0, [failed])).toBe(
    '0 done, 0 left for --apply, 0 for the services, 0 for you, 1 failed',
  )
})
