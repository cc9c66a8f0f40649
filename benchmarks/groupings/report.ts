import { recordOf } from '../../embedded/records.ts'
import { tableOf, writePlace } from '../../testbed/marked-page.ts'

const rows = {
  startedInMs: ['starts in, ms', 0],
  idleMebibytes: ['memory at first, MiB', 0],
  loadedMebibytes: ['memory under load, MiB', 0],
  pageMs: ['a page, p50 ms', 2],
  pagesPerSecond: ['pages a second', 0],
  meMs: ['own orders, p50 ms', 2],
  mePerSecond: ['own orders a second', 0],
  checkoutMs: ['a checkout, p50 ms', 1],
  checkoutsPerSecond: ['checkouts a second', 0],
} as const

/** What was measured of a grouping. */
export type Measured = Readonly<Record<keyof typeof rows, number>>

const isMeasure = (name: string): name is keyof Measured => name in rows
const measures = Object.keys(rows).filter(isMeasure)

/** The middle one of each figure. */
export const middleOf = (rounds: readonly Measured[]): Measured => {
  const middleIn = (name: keyof Measured): number =>
    rounds.map(round => round[name]).toSorted((a, b) => a - b)[Math.floor((rounds.length - 1) / 2)] ??
    Number.NaN
  return recordOf(measures, name => name, middleIn)
}

/** A table in Markdown, with how many times the first grouping's figure each of the others is. */
export const groupingsTable = (
  groupings: readonly { readonly title: string; readonly measured: Measured }[],
): string => {
  const first = groupings[0]?.measured
  return tableOf(
    ['', ...groupings.map(({ title }) => title)],
    measures.map(name => {
      const [title, digits] = rows[name]
      return [
        title,
        ...groupings.map(({ measured }) =>
          measured === first
            ? measured[name].toFixed(digits)
            : `${measured[name].toFixed(digits)} (${(measured[name] / (first?.[name] ?? Number.NaN)).toFixed(2)})`,
        ),
      ]
    }),
  )
}

/** Puts the figures into the page about groupings. */
export const writeFigures = (text: string): void =>
  writePlace(
    {
      page: new URL('../../docs/groupings.md', import.meta.url),
      begin: '<!-- figures, written by npm run bench -- groupings --write -->',
      end: '<!-- end of the figures -->',
    },
    text,
  )
