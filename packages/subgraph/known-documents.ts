import { createCache } from '@supergraph/runtime/cache.ts'
import { bytesOfDocument, documentStoreOf } from '@supergraph/runtime/documents.ts'
import type { DocumentNode } from 'graphql'

/** The documents that Apollo Server has parsed and validated, by the SHA-256 of their texts. */
export type KnownDocuments = ReturnType<typeof createKnownDocuments>

/** Keeps at most `maxBytes` of documents; those that have not been asked for the longest are forgotten first. */
export const createKnownDocuments = (maxBytes: number) => {
  const known = createCache<DocumentNode>({ maxBytes, sizeOf: bytesOfDocument })
  return {
    find: (queryHash: string): DocumentNode | undefined => known.get(queryHash),
    documentStore: documentStoreOf({
      get: known.get,
      set: known.set,
      delete: textHash => {
        known.delete(textHash)
        return true
      },
    }),
  }
}
