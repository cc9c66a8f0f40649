import { createCache } from '@supergraph/runtime/cache.ts'
import { bytesOfDocument } from '@supergraph/runtime/documents.ts'
import type { DocumentNode } from 'graphql'

/** The documents that Apollo Server has parsed and validated, by the SHA-256 of their texts. */
export type KnownDocuments = ReturnType<typeof createKnownDocuments>

/** Keeps at most `maxBytes` of documents; those that have not been asked for the longest are forgotten first. */
export const createKnownDocuments = (maxBytes: number) => {
  const known = createCache<DocumentNode>({ maxBytes, sizeOf: bytesOfDocument })
  return {
    find: (queryHash: string): DocumentNode | undefined => known.get(queryHash),
    /** The same documents as Apollo Server's store of them. n.b. its keys end in the hash of the document's text */
    documentStore: {
      get: async (key: string) => known.get(hashIn(key)),
      set: async (key: string, document: DocumentNode) => known.set(hashIn(key), document),
      delete: async (key: string) => {
        known.delete(hashIn(key))
        return true
      },
    },
  }
}

const hashIn = (key: string): string => key.slice(key.lastIndexOf(':') + 1)
