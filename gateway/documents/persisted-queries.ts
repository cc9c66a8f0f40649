import { bytesOfText, createCache, storeIn } from '@supergraph/runtime/cache.ts'
import { z } from 'zod'
import type { TrustedDocuments } from './trusted-documents.ts'

/** The texts of queries that clients have persisted; they outlive a supergraph, since clients keep the hashes. */
export type PersistedQueries = ReturnType<typeof createPersistedQueries>

const maxPersistedBytes = 16 * 1024 * 1024
// n.b. Apollo Server puts this before its keys
const prefix = 'apq:'

/** Keeps what clients persist; if some documents are trusted, those and nothing else are persisted, from the start. */
export const createPersistedQueries = (trusted?: TrustedDocuments) => {
  const texts = createCache<string>({ maxBytes: maxPersistedBytes, sizeOf: bytesOfText })
  const find = (sha256Hash: string): string | undefined =>
    trusted === undefined ? texts.get(`${prefix}${sha256Hash}`) : trusted.find(sha256Hash)

  return {
    /** As Apollo Server takes it. */
    store:
      trusted === undefined
        ? storeIn(texts)
        : {
            get: async (key: string) => trusted.find(key.slice(prefix.length)),
            set: async () => undefined,
            delete: async () => false,
          },
    /** Gives the text of a query by its hash. */
    find,
    /**
     * The text that an operation is sent with, or the one whose hash it brings in its place; undefined if the hash is not
     * known, empty if it has neither. Throws PERSISTED_QUERY_NOT_IN_LIST if the hash will never be known.
     */
    textOf: ({
      query,
      extensions,
    }: {
      readonly query?: unknown
      readonly extensions?: unknown
    }): string | undefined => {
      if (typeof query === 'string' && query !== '') return query
      const sha256Hash = persisted.safeParse(extensions).data?.persistedQuery.sha256Hash
      if (sha256Hash === undefined) return ''
      trusted?.checkHash(sha256Hash)
      return find(sha256Hash)
    },
  }
}

const persisted = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) })
