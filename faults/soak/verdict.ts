import { type Life, type Lives, type Measure, measureNames, measures } from './meter.ts'
import { isGrowing, type Trend, trendOf } from './trend.ts'

/** What is said of what was measured. */
export type Verdict = {
  /** A row for each process and for the whole, with their titles. */
  readonly rows: readonly (readonly string[])[]
  /** How many lives were long enough for lines. */
  readonly judged: number
  /** What grows. */
  readonly growing: readonly string[]
}

const minuteMs = 60_000

/** Judges each life that is long enough, and tells of the longest of each process. */
export const judge = (lives: Lives): Verdict => {
  const judged = [...lives].flatMap(([of, own]) =>
    own.flatMap(life =>
      linesOf(life).flatMap(({ measure, trend }) =>
        trend === undefined ? [] : [{ of, life, measure, trend }],
      ),
    ),
  )
  const growing = judged.filter(({ measure, trend }) => isGrowing(trend, measures[measure].least))
  return {
    judged: new Set(judged.map(({ life }) => life)).size,
    growing: growing.map(
      ({ of, measure, trend: { level, perHour } }) =>
        `${of} grows: ${level.toFixed(1)} ${measures[measure].title}, ${signed(perHour)} an hour`,
    ),
    rows: [
      ['of', 'lives', 'longest', 'at which level, and how it changes in an hour'],
      ...[...lives].map(([of, own]) => rowOf(of, own)),
    ],
  }
}

type Line = { readonly measure: Measure; readonly value: number; readonly trend: Trend | undefined }

/** What each measure of a life was in the end, and its line if there is one. */
const linesOf = (life: Life): readonly Line[] =>
  measureNames.flatMap(measure => {
    const points = life[measure] ?? []
    const last = points.at(-1)
    return last === undefined ? [] : [{ measure, value: last.value, trend: trendOf(points) }]
  })

const rowOf = (of: string, own: readonly Life[]): readonly string[] => {
  const longest = own.toSorted((one, other) => lengthMs(other) - lengthMs(one))[0] ?? {}
  const told = linesOf(longest).map(({ measure, value, trend }) => {
    const change = trend === undefined ? '' : ` (${signed(trend.perHour)})`
    return `${(trend?.level ?? value).toFixed(1)} ${measures[measure].title}${change}`
  })
  return [of, String(own.length), `${(lengthMs(longest) / minuteMs).toFixed(0)} min`, told.join(', ')]
}

const lengthMs = (life: Life): number =>
  Math.max(0, ...Object.values(life).map(points => (points.at(-1)?.atMs ?? 0) - (points.at(0)?.atMs ?? 0)))

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`
