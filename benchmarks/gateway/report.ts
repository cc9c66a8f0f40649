import type { Case } from './cases.ts'
import type { Figures } from './figures.ts'
import { type ContenderName, titles } from './settings.ts'

const head = [
  'gateway'.padEnd(41),
  '   req/s',
  'x stock',
  'x floor',
  ...['p50 ms', 'p95', 'p99', 'p99.9'].map(title => title.padStart(7)),
  '  CPU us',
  'x stock',
  'x floor',
].join(' ')

/** The figures of all gateways in one case; the ratios by CPU time are the ones that a busy machine changes least. */
export const caseLines = (
  { query, title, reads }: Case,
  connections: number,
  figures: ReadonlyMap<ContenderName, Figures>,
): readonly string[] => [
  `\n${query}: ${title}; ${reads} reads, ${connections} connections\n${head}`,
  ...[...figures].map(([name, own]) => {
    const ratio = (other: ContenderName, of: (own: Figures, other: Figures) => number) => {
      const known = figures.get(other)
      return (known === undefined ? '-' : of(own, known).toFixed(2)).padStart(7)
    }
    const bySpeed = (a: Figures, b: Figures) => a.perSecond / b.perSecond
    const byCpu = (a: Figures, b: Figures) => b.cpuMicroseconds / a.cpuMicroseconds
    return [
      titles[name].padEnd(41),
      own.perSecond.toFixed(0).padStart(8),
      ratio('stock', bySpeed),
      ratio('floor', bySpeed),
      ...[own.p50Ms, own.p95Ms, own.p99Ms, own.p999Ms].map(ms => ms.toFixed(2).padStart(7)),
      own.cpuMicroseconds.toFixed(0).padStart(8),
      ratio('stock', byCpu),
      ratio('floor', byCpu),
      ...(own.wrong === 0 ? [] : [`${own.wrong} WRONG ANSWERS, such as ${own.firstWrong}`]),
    ].join(' ')
  }),
]
