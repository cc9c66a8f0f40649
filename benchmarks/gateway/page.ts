import { writeFileSync } from 'node:fs'
import { writePlace } from '../../testbed/marked-page.ts'
import { plotOf } from './plot.ts'
import type { Result } from './results.ts'
import { contenders, titles } from './settings.ts'

const place = {
  page: new URL('../../docs/performance.md', import.meta.url),
  begin: '<!-- figures, written by npm run bench -- gateway --write -->',
  end: '<!-- end of the figures -->',
}
const plot = new URL('../../docs/performance.svg', import.meta.url)

/** Writes the tables and the plot of the results into the page about performance. */
export const writePage = (results: readonly Result[]): void => {
  writePlace(place, [summaryOf(results), ...results.map(tableOf)].join('\n\n'))
  writeFileSync(plot, plotOf(results.filter(({ connections }) => connections === 16)))
}

const summaryHeadings = [
  '',
  'reads',
  'clients',
  'requests/s',
  '× stock',
  '× Hive',
  '× Mercurius',
  '× floor',
  'wrong',
]

/** One line for each case: ours, and how it compares with the others. */
const summaryOf = (results: readonly Result[]): string => {
  const rows = results.flatMap(({ query, title, reads, connections, figures }) => {
    const { ours } = figures
    if (ours === undefined) return []
    const ratios = (['stock', 'hive', 'mercurius', 'floor'] as const).map(name => {
      const known = figures[name]
      return known === undefined ? '' : (ours.perSecond / known.perSecond).toFixed(2)
    })
    const cells = [`${query}: ${title}`, reads, String(connections), ours.perSecond.toFixed(0), ...ratios]
    return [rowOf([...cells, String(ours.wrong)])]
  })
  const machines = [...new Set(results.map(({ machine }) => machine))].join('; ')
  return [
    `## Figures\n\n${machines}. The subgraphs and the clients share the core that the gateway does not have.\n`,
    rowOf(summaryHeadings),
    rowOf(summaryHeadings.map((_, index) => (index < 2 ? '---' : '---:'))),
    ...rows,
  ].join('\n')
}

const headings = ['', 'requests/s', '× stock', '× floor', 'p50 ms', 'p95', 'p99', 'p99.9', 'CPU µs', 'wrong']

const tableOf = ({ query, title, reads, connections, figures }: Result): string => {
  const rows = contenders.flatMap(name => {
    const own = figures[name]
    if (own === undefined) return []
    const ratio = (other: keyof typeof figures) => {
      const known = figures[other]
      return known === undefined ? '' : (own.perSecond / known.perSecond).toFixed(2)
    }
    const times = [own.p50Ms, own.p95Ms, own.p99Ms, own.p999Ms].map(ms => ms.toFixed(2))
    const cells = [
      own.perSecond.toFixed(0),
      ratio('stock'),
      ratio('floor'),
      ...times,
      own.cpuMicroseconds.toFixed(0),
    ]
    return [rowOf([titles[name], ...cells, String(own.wrong)])]
  })
  const clients = connections === 1 ? '1 connection' : `${connections} connections`
  return [
    `### ${query}: ${title}; ${reads} reads, ${clients}`,
    '',
    rowOf(headings),
    rowOf(headings.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows,
  ].join('\n')
}

const rowOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
