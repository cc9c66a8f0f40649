import type { Sample } from './arena.ts'

/** What one gateway did in one case. */
export type Figures = {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  /** CPU time of the gateway's process for each request. */
  readonly cpuMicroseconds: number
  readonly wrong: number
  readonly firstWrong: string | undefined
}

/** The figures of all samples of one gateway and case together. */
export const figuresOf = (samples: readonly Sample[]): Figures => {
  const sorted = Float64Array.from(samples.flatMap(({ latenciesMs }) => [...latenciesMs])).sort()
  const percentile = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  const sum = (pick: (sample: Sample) => number) => samples.reduce((total, sample) => total + pick(sample), 0)
  const wrong = sum(sample => sample.wrong)
  return {
    perSecond: sorted.length / sum(({ seconds }) => seconds),
    p50Ms: percentile(0.5),
    p95Ms: percentile(0.95),
    p99Ms: percentile(0.99),
    p999Ms: percentile(0.999),
    cpuMicroseconds: (sum(({ cpuMs }) => cpuMs) * 1_000) / (sorted.length + wrong),
    wrong,
    firstWrong: samples.find(({ firstWrong }) => firstWrong !== undefined)?.firstWrong,
  }
}
