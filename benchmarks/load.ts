import { inParallel } from '../testbed/waiting.ts'

/** The results of a load; `perSecond` counts what succeeded, the latencies are of all. */
export type Figures = {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failed: number
}

/** Does work 0 to `count` - 1 with so many clients, each of which starts its next one when the one before is done. */
export const measureLoad = async (
  { clients, count }: { readonly clients: number; readonly count: number },
  work: (index: number) => Promise<boolean>,
): Promise<Figures> => {
  const latenciesMs: number[] = []
  let failed = 0
  const startedAtMs = performance.now()
  await inParallel(count, clients, async index => {
    const begunAtMs = performance.now()
    if (!(await work(index))) failed += 1
    latenciesMs.push(performance.now() - begunAtMs)
  })
  const seconds = (performance.now() - startedAtMs) / 1_000
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  const percentile = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  return { perSecond: (count - failed) / seconds, p50Ms: percentile(0.5), p99Ms: percentile(0.99), failed }
}
