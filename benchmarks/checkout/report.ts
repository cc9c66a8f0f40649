import type { Figures } from '../load.ts'
import { type RecordedCheckout, type StepTime, steps } from './recording.ts'

/** The titles over the lines of loadLine. */
export const headLine =
  '  clients   checkouts/s  p50 ms  p99 ms      floor/s  p50 ms  p99 ms   ratio     fewest/s  p50 ms  p99 ms   ratio'

/** The results of the system with this number of clients, of its floor, and of the fewest statements. */
export const loadLine = (clients: number, system: Figures, floors: readonly Figures[]): string => {
  const missed = system.failed === 0 ? '' : `   ${system.failed} were not confirmed within the answer`
  const compared = floors.map(
    floor => `  ${figuresOf(floor)}  ${(system.perSecond / floor.perSecond).toFixed(2).padStart(6)}`,
  )
  return `${String(clients).padStart(9)}  ${figuresOf(system)}${compared.join('')}${missed}`
}

/** What a floor sends for each checkout. */
export const floorLine = (name: string, checkouts: readonly RecordedCheckout[]): string => {
  const transactions = checkouts.flat()
  const statements = transactions.flatMap(transaction => transaction.statements)
  const each = (total: number) => (total / checkouts.length).toFixed(0)
  return `  ${name}: ${each(statements.length)} statements in ${each(transactions.length)} transactions for each checkout`
}

/** How long the product that all want is locked for each buyer, when buyers do nothing but reserve and take it. */
export const lockLine = ({ perSecond }: Figures): string =>
  `  a product's lock: ${(1_000 / perSecond).toFixed(1)} ms for each buyer, which allows ${perSecond.toFixed(0)} buyers a second`

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
