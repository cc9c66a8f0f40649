import type { Figures } from '../load.ts'
import { type RecordedCheckout, type StepTime, steps } from './recording.ts'

/** The titles over the lines of loadLine. */
export const headLine = '  clients   checkouts/s  p50 ms  p99 ms      floor/s  p50 ms  p99 ms      ratio'

/** The results of the system and of the floor with this number of clients. */
export const loadLine = (clients: number, system: Figures, floor: Figures): string => {
  const ratio = (system.perSecond / floor.perSecond).toFixed(2)
  const missed = system.failed === 0 ? '' : `   ${system.failed} were not confirmed within the answer`
  return `${String(clients).padStart(9)}  ${figuresOf(system)}  ${figuresOf(floor)}   ${ratio.padStart(8)}${missed}`
}

/** What the floor sends for each checkout. */
export const floorLine = (checkouts: readonly RecordedCheckout[]): string => {
  const transactions = checkouts.flat()
  const statements = transactions.flatMap(transaction => transaction.statements)
  const each = (total: number) => (total / checkouts.length).toFixed(0)
  return `  the floor of a checkout: ${each(statements.length)} statements in ${each(transactions.length)} transactions`
}

/** Where the time of a checkout goes, the median of each step. */
export const stepLines = (times: readonly (readonly StepTime[])[]): readonly string[] => [
  '  one at a time, all in one process:   ms   SQL ms   statements',
  ...steps.map(step => {
    const of = (pick: (time: StepTime) => number) =>
      median(times.flatMap(time => time.filter(({ step: name }) => name === step).map(pick)))
    const name = step === 'orders' ? 'orders itself' : step
    const [ms, sqlMs, statements] = [
      of(({ ms }) => ms),
      of(({ sqlMs }) => sqlMs),
      of(({ statements }) => statements),
    ]
    return `    ${name.padEnd(31)} ${ms.toFixed(1).padStart(6)} ${sqlMs.toFixed(1).padStart(8)} ${String(statements).padStart(12)}`
  }),
]

const figuresOf = ({ perSecond, p50Ms, p99Ms }: Figures): string =>
  `${perSecond.toFixed(0).padStart(12)}${p50Ms.toFixed(1).padStart(8)}${p99Ms.toFixed(1).padStart(8)}`

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
