/** What was measured at a moment. */
export type Point = { readonly atMs: number; readonly value: number }

/** The line through the last two thirds of a life. */
export type Trend = {
  /** The mean. */
  readonly level: number
  readonly perHour: number
  /** The least that it grows by: seven standard errors below. */
  readonly surelyPerHour: number
}

const hourMs = 3_600_000
// n.b. a process that has just started grows for some minutes, and a shorter life has no time after that
const leastLifeMs = 15 * 60_000
const slices = 12
const leastSlices = 8
// n.b. a single step, as memory that an allocator takes, is at most 6.5 of them
const standardErrors = 7
/** Of a level, in an hour: less is hard to tell from wavering in so short a run. */
const share = 0.1

/**
 * Fits a line to the means of twelve slices of a life's last two thirds, since neighbouring measurements tell the same; what is
 * in the first third warms up. Undefined for a life of less than 15 minutes.
 */
export const trendOf = (life: readonly Point[]): Trend | undefined => {
  const [first, last] = [life.at(0)?.atMs ?? 0, life.at(-1)?.atMs ?? 0]
  if (last - first < leastLifeMs) return undefined
  const begin = first + (last - first) / 3
  const sliceOf = ({ atMs }: Point) =>
    Math.min(slices - 1, Math.floor(((atMs - begin) / (last - begin)) * slices))
  const settled = life.filter(({ atMs }) => atMs >= begin)
  const means = [...Map.groupBy(settled, sliceOf).values()].map(points => ({
    x: meanOf(points.map(({ atMs }) => atMs / hourMs)),
    y: meanOf(points.map(({ value }) => value)),
  }))
  return means.length < leastSlices ? undefined : lineThrough(means)
}

/** Whether something grows by more than a tenth an hour, and by more than `least`, and that is no chance. */
export const isGrowing = ({ level, perHour, surelyPerHour }: Trend, least: number): boolean =>
  surelyPerHour > 0 && perHour > Math.max(share * level, least)

const lineThrough = (means: readonly { readonly x: number; readonly y: number }[]): Trend => {
  const [meanX, level] = [meanOf(means.map(({ x }) => x)), meanOf(means.map(({ y }) => y))]
  const spread = sumOf(means.map(({ x }) => (x - meanX) ** 2))
  const perHour = sumOf(means.map(({ x, y }) => (x - meanX) * (y - level))) / spread
  const residuals = sumOf(means.map(({ x, y }) => (y - level - perHour * (x - meanX)) ** 2))
  const error = Math.sqrt(residuals / (means.length - 2) / spread)
  return { level, perHour, surelyPerHour: perHour - standardErrors * error }
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

const meanOf = (values: readonly number[]): number => sumOf(values) / values.length
