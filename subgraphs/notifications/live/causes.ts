import { bytesOfText, createCache } from '@supergraph/runtime/cache.ts'
import type { Cause } from '../database/announcements.ts'

/** Which traces have brought what is new: those that nobody has read for, by topic, and those of the newest rows. */
export type Causes = ReturnType<typeof createCauses>

/** What has brought something, and when that was announced, by `performance.now()`. */
type KnownCause = { readonly traceparent: string; readonly atMs: number }

// n.b. about 10,000 rows
const maxKnownBytes = 4 * 1024 * 1024
const maxUnread = 20
// n.b. a subscription waits for a missing version for a minute
const rememberedMs = 60_000

export const createCauses = () => {
  const unread = new Map<string, Cause[]>()
  /** By topic and row, and by topic alone. */
  const known = createCache<KnownCause>({
    maxBytes: maxKnownBytes,
    sizeOf: ({ traceparent }) => bytesOfText(traceparent),
    nowMs: () => performance.now(),
  })

  return {
    note: (cause: Cause): void => {
      const { topic, row, traceparent } = cause
      const causes = unread.get(topic) ?? []
      if (causes.length < maxUnread) causes.push(cause)
      unread.set(topic, causes)
      const atMs = performance.now()
      for (const key of [topic, `${topic} ${row}`]) known.set(key, { traceparent, atMs }, atMs + rememberedMs)
    },
    /** What has brought the news of a topic since this was last asked. */
    take: (topic: string): readonly Cause[] => {
      const causes = unread.get(topic) ?? []
      unread.delete(topic)
      return causes
    },
    /** What has brought a row. n.b. a row may be read before it is announced: then the topic's last news have led to it */
    of: (topic: string, row: string | number): KnownCause | undefined =>
      known.get(`${topic} ${row}`) ?? known.get(topic),
    /** Nobody waits for the topic any more. */
    forget: (topic: string): void => void unread.delete(topic),
  }
}
