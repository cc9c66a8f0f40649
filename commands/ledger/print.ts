import { amountIn } from '@supergraph/ledger/amount.ts'
import type { LedgerReport } from '@supergraph/ledger/check.ts'
import type { Sides } from '@supergraph/ledger/totals.ts'
import type { Violation } from '@supergraph/ledger/violations.ts'
import type { Remedy } from './reconcile/remedy.ts'

const idWidth = 36

/** A table of violations, one or two lines each, no wider than `columns`; ids are never cut. */
export const violationTable = (
  violations: readonly (Omit<Violation, 'kind'> & { readonly kind: string })[],
  columns: number,
): string => {
  const kindWidth = Math.max(...violations.map(({ kind }) => kind.length))
  const indent = ' '.repeat(kindWidth + 2)
  return violations
    .flatMap(({ kind, subject, detail, ids }) => [
      `${kind.padEnd(kindWidth)}  ${subject}`,
      ...wrap(detail, columns - indent.length).map(line => `${indent}${line}`),
      ...wrap(ids.join(' '), columns - indent.length).map(line => `${indent}${line}`),
    ])
    .join('\n')
}

/** A table of what is to be done, by whom, and about what. */
export const remedyTable = (remedies: readonly Remedy[], columns: number): string =>
  violationTable(
    remedies.map(({ kind, subject, by, does }) => ({
      kind,
      subject,
      detail: `${doers[by]}: ${does}`,
      ids: [],
    })),
    columns,
  )

/** One line: how much was done, and how much is left for whom. */
export const reconciliationLine = (done: number, left: readonly Remedy[]): string => {
  const of = (by: Remedy['by']) => left.filter(remedy => remedy.by === by).length
  const failed = of('failed') === 0 ? '' : `, ${of('failed')} failed`
  return `${done} done, ${of('command')} left for --apply, ${of('services')} for the services, ${of('person')} for you${failed}`
}

const doers = { command: '--apply', services: 'the services', person: 'you', failed: 'failed' } as const

/** One line: what was checked, and how much disagrees. */
export const summaryLine = ({ totals, violations }: LedgerReport): string => {
  const { orders, ordersInFlight, products, units, money, events, notifications } = totals
  const inFlight = ordersInFlight === 0 ? '' : ` (${count(ordersInFlight)} in flight)`
  return [
    `${count(orders)} orders${inFlight}`,
    `${count(products)} products`,
    `${sides(units, count)} units sold`,
    ...Object.entries(money).map(([currency, sums]) => `${sides(sums, amountIn(currency))} kept`),
    `${count(events)} events`,
    `${count(notifications)} notifications`,
    violations.length === 1 ? '1 violation' : `${count(violations.length)} violations`,
  ].join(', ')
}

const count = (value: number): string => value.toLocaleString('en')

const sides = <T>({ orders, service }: Sides<T>, write: (value: T) => string): string =>
  orders === service ? write(orders) : `${write(orders)} ≠ ${write(service)}`

/** n.b. a word that is wider than the line, such as an id, stays whole. */
const wrap = (text: string, width: number): readonly string[] => {
  const lines: string[] = []
  for (const word of text === '' ? [] : text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= Math.max(width, idWidth)) {
      lines.splice(-1, 1, `${last} ${word}`)
    } else lines.push(word)
  }
  return lines
}
