import { bytesOfText, createCache, storeIn } from '@supergraph/runtime/cache.ts'

/** The texts of queries that clients have persisted; they outlive a supergraph, since clients keep the hashes. */
export type PersistedQueries = ReturnType<typeof createPersistedQueries>

const maxPersistedBytes = 16 * 1024 * 1024

export const createPersistedQueries = () => {
  const texts = createCache<string>({ maxBytes: maxPersistedBytes, sizeOf: bytesOfText })
  return {
    /** As Apollo Server takes it. */
    store: storeIn(texts),
    /** Gives the text of a query by its hash. n.b. Apollo Server puts this before its keys */
    find: (sha256Hash: string): string | undefined => texts.get(`apq:${sha256Hash}`),
  }
}
