import type { Ages } from '../pages/live-views.ts'
import type { Buckets } from './samples.ts'

/** Half, 95 % and 99 % of what came to a histogram since an earlier reading took at most so long; null if nothing came. */
export const agesSince = (now: Buckets, earlier: Buckets | undefined): Ages | null => {
  const came = cameSince(now, earlier)
  const count = came.at(-1)?.count ?? 0
  if (count === 0) return null
  const usAt = (share: number) => Math.round(secondsAt(came, share * count) * 1_000_000)
  return { p50Us: usAt(0.5), p95Us: usAt(0.95), p99Us: usAt(0.99) }
}

type Bucket = { readonly bound: number; readonly count: number }

/** n.b. the counts of a process that was started anew begin at 0 again. */
const cameSince = (now: Buckets, earlier: Buckets | undefined): readonly Bucket[] => {
  const buckets = [...now].map(([bound, count]) => ({ bound, count: count - (earlier?.get(bound) ?? 0) }))
  return buckets.some(({ count }) => count < 0)
    ? [...now].map(([bound, count]) => ({ bound, count }))
    : buckets
}

/** As Prometheus has it: evenly spread within a bucket, and the last bound for what is beyond it. */
const secondsAt = (buckets: readonly Bucket[], rank: number): number => {
  let below: Bucket = { bound: 0, count: 0 }
  for (const bucket of buckets) {
    if (bucket.bound === Number.POSITIVE_INFINITY) break
    if (bucket.count >= rank)
      return (
        below.bound + ((bucket.bound - below.bound) * (rank - below.count)) / (bucket.count - below.count)
      )
    below = bucket
  }
  return below.bound
}
