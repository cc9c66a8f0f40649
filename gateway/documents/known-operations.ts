import { hash } from 'node:crypto'
import { bytesOfText, createCache } from '@supergraph/runtime/cache.ts'
import { bytesOfDocument, documentStoreOf } from '@supergraph/runtime/documents.ts'
import { type DocumentNode, Kind } from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'

/** The operations of documents that have been checked against the limits and validated, by the documents' texts. */
export type KnownOperations = ReturnType<typeof createKnownOperations>

type KnownDocument = {
  readonly query: string
  readonly document: DocumentNode
  readonly operations: readonly ClientOperation[]
  uses: number
}

const maxDocumentBytes = 32 * 1024 * 1024
const maxTextBytes = 8 * 1024 * 1024
// n.b. V8 hashes a text of more than 16,383 characters by its length alone
const maxKeyLength = 4_096

/** Keeps at most `maxBytes` of documents; those that have not been asked for the longest are forgotten first. */
export const createKnownOperations = (maxBytes = maxDocumentBytes) => {
  const known = createCache<KnownDocument>({
    maxBytes,
    sizeOf: ({ document }) => bytesOfDocument(document),
  })
  const texts = createCache<string>({ maxBytes: maxTextBytes, sizeOf: bytesOfText })

  /** Keeps a document that is within the limits and valid, and gives its operations; `queryHash` is the SHA-256 of its text. */
  const keep = (document: DocumentNode, queryHash?: string): readonly ClientOperation[] => {
    const query = document.loc?.source.body
    if (query === undefined) return []
    const textHash = queryHash ?? hash('sha256', query)
    const operations = document.definitions
      .filter(definition => definition.kind === Kind.OPERATION_DEFINITION)
      .map(operation => ({
        query,
        queryHash: textHash,
        document,
        operation,
        operationName: operation.name?.value,
      }))
    known.set(keyOf(query), { query, document, operations, uses: 0 })
    texts.set(textHash, query)
    return operations
  }

  const operationsOf = (query: string): readonly ClientOperation[] | undefined => {
    const found = known.get(keyOf(query))
    if (found !== undefined) found.uses += 1
    return found?.operations
  }

  return {
    keep,
    /** Those of a document that is known by its text: the same objects each time, for as long as the document is known. */
    operationsOf,
    /** The operation of this name of a document that is known by its text, or its only one if there is no name. */
    find: (query: string, operationName?: string | null): ClientOperation | undefined =>
      operationIn(operationsOf(query) ?? [], operationName),
    /** The texts of the documents that were asked for most often, at most `count`, the most often first. */
    busiest: (count: number): readonly string[] =>
      known
        .values()
        .toSorted((one, other) => other.uses - one.uses)
        .slice(0, count)
        .map(({ query }) => query),
    statistics: known.statistics,
    documentStore: documentStoreOf({
      get: textHash => {
        const query = texts.get(textHash)
        return query === undefined ? undefined : known.get(keyOf(query))?.document
      },
      set: (textHash, document) => void keep(document, textHash),
      delete: textHash => {
        const query = texts.get(textHash)
        if (query !== undefined) known.delete(keyOf(query))
        return query !== undefined
      },
    }),
  }
}

/** The operation of this name, or the only one if there is no name; undefined if there is none. */
export const operationIn = (
  operations: readonly ClientOperation[],
  operationName: string | null | undefined,
): ClientOperation | undefined => {
  if (operationName == null) return operations.length === 1 ? operations[0] : undefined
  return operations.find(operation => operation.operationName === operationName)
}

const keyOf = (query: string): string => (query.length > maxKeyLength ? hash('sha256', query) : query)
