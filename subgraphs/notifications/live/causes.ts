import type { Cause } from '../database/announcements.ts'

/** Which traces have brought what is new: those that nobody has read for, by topic, and those of the newest rows. */
export type Causes = ReturnType<typeof createCauses>

/** What has brought something, and when that was announced, by `performance.now()`. */
type KnownCause = { readonly traceparent: string; readonly atMs: number }

const maxRows = 10_000
const maxUnread = 20
// n.b. a subscription waits for a missing version for a minute
const rememberedMs = 60_000

export const createCauses = () => {
  const unread = new Map<string, Cause[]>()
  /** By topic and row, and by topic alone, the newest last. */
  const known = new Map<string, KnownCause>()

  const remember = (key: string, traceparent: string): void => {
    known.delete(key)
    known.set(key, { traceparent, atMs: performance.now() })
    for (const [oldest, { atMs }] of known) {
      if (known.size <= maxRows && isRemembered(atMs)) break
      known.delete(oldest)
    }
  }
  const find = (key: string): KnownCause | undefined => {
    const found = known.get(key)
    return found !== undefined && isRemembered(found.atMs) ? found : undefined
  }

  return {
    note: (cause: Cause): void => {
      const { topic, row, traceparent } = cause
      const causes = unread.get(topic) ?? []
      if (causes.length < maxUnread) causes.push(cause)
      unread.set(topic, causes)
      remember(topic, traceparent)
      remember(`${topic} ${row}`, traceparent)
    },
    /** What has brought the news of a topic since this was last asked. */
    take: (topic: string): readonly Cause[] => {
      const causes = unread.get(topic) ?? []
      unread.delete(topic)
      return causes
    },
    /** What has brought a row. n.b. a row may be read before it is announced: then the topic's last news have led to it */
    of: (topic: string, row: string | number): KnownCause | undefined =>
      find(`${topic} ${row}`) ?? find(topic),
    /** Nobody waits for the topic any more. */
    forget: (topic: string): void => void unread.delete(topic),
  }
}

const isRemembered = (atMs: number): boolean => performance.now() - atMs < rememberedMs
