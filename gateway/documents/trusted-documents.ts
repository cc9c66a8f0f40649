import { hash } from 'node:crypto'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { parse, print } from 'graphql'
import { gatewayError } from '../errors.ts'

/** The documents that may run where no others may. */
export type TrustedDocuments = ReturnType<typeof createTrustedDocuments>

/** Trusts the recorded operations. */
export const readTrustedDocuments = (folder?: URL): TrustedDocuments =>
  createTrustedDocuments(readRecordedOperations(folder))

/** Trusts these documents, with or without the line feed at their ends, and as graphql prints them. */
export const createTrustedDocuments = (documents: readonly string[]) => {
  const texts = new Set(documents.flatMap(text => [text, text.trim(), print(parse(text))]))
  const byHash = new Map([...texts].map(text => [hash('sha256', text), text]))
  return {
    /** The document with this hash of its text. */
    find: (sha256Hash: string): string | undefined => byHash.get(sha256Hash),
    /** Throws QUERY_NOT_IN_SAFELIST unless a text is one of the documents. */
    check: (text: string): void => {
      if (!texts.has(text)) throw gatewayError('QUERY_NOT_IN_SAFELIST', notInSafelist)
    },
    /** Throws PERSISTED_QUERY_NOT_IN_LIST unless it is the hash of one of the documents. */
    checkHash: (sha256Hash: unknown): void => {
      if (typeof sha256Hash !== 'string' || !byHash.has(sha256Hash))
        throw gatewayError('PERSISTED_QUERY_NOT_IN_LIST', notInList)
    },
  }
}

const notInSafelist =
  'Only recorded operations run here, and this is none: record it in schema/operations, and send it letter by letter, or its hash.'
const notInList =
  'Only recorded operations run here, and none has this hash: send the SHA-256 of a document in schema/operations.'
