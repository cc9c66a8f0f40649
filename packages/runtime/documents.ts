import type { DocumentNode } from 'graphql'
import { bytesOfText } from './cache.ts'

/** Documents by the SHA-256 of their texts, in hexadecimal digits. */
type DocumentsByHash = {
  readonly get: (textHash: string) => DocumentNode | undefined
  readonly set: (textHash: string, document: DocumentNode) => void
  readonly delete: (textHash: string) => boolean
}

/** The same documents as Apollo Server's store of them. n.b. its keys end in the hash of the document's text */
export const documentStoreOf = (documents: DocumentsByHash) => ({
  get: async (key: string): Promise<DocumentNode | undefined> => documents.get(hashIn(key)),
  set: async (key: string, document: DocumentNode): Promise<void> => documents.set(hashIn(key), document),
  delete: async (key: string): Promise<boolean> => documents.delete(hashIn(key)),
})

const hashIn = (key: string): string => key.slice(key.lastIndexOf(':') + 1)

// n.b. measured: a document takes up to 315 bytes for each token, whatever its text; names and values count besides
const bytesPerToken = 320

/** What a parsed document takes in memory, its text included, about. */
export const bytesOfDocument = ({ loc }: DocumentNode): number => {
  let bytes = bytesOfText(loc?.source.body ?? '')
  for (let token = loc?.startToken; token != null; token = token.next ?? undefined) bytes += bytesPerToken
  return bytes
}
