import { createCache } from '@supergraph/runtime/cache.ts'
import { bytesOfDocument, documentStoreOf } from '@supergraph/runtime/documents.ts'
import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql'
import { type CompiledOperation, compileOperation } from './compiled/compile-operation.ts'

/** A document that Apollo Server has parsed and validated, and those of its operations that can be compiled. */
export type KnownDocument = {
  readonly document: DocumentNode
  readonly compiled: ReadonlyMap<OperationDefinitionNode, CompiledOperation>
}

/** The known documents by the SHA-256 of their texts. */
export type KnownDocuments = ReturnType<typeof createKnownDocuments>

const maxFieldsPerDocument = 2_000
// n.b. measured: 650 to 680 bytes
const bytesPerField = 700

/** Keeps at most `maxBytes` of documents; those that have not been asked for the longest are forgotten first. */
export const createKnownDocuments = (schema: GraphQLSchema, maxBytes: number) => {
  const known = createCache<KnownDocument>({ maxBytes, sizeOf: bytesOf })
  return {
    find: (queryHash: string): KnownDocument | undefined => known.get(queryHash),
    documentStore: documentStoreOf({
      get: textHash => known.get(textHash)?.document,
      set: (textHash, document) => known.set(textHash, { document, compiled: compileAll(schema, document) }),
      delete: textHash => {
        known.delete(textHash)
        return true
      },
    }),
  }
}

const compileAll = (schema: GraphQLSchema, document: DocumentNode): KnownDocument['compiled'] => {
  const compiled = new Map<OperationDefinitionNode, CompiledOperation>()
  let left = maxFieldsPerDocument
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const operation = compileOperation(schema, document, definition, left)
    if (operation === undefined) continue
    compiled.set(definition, operation)
    left -= operation.fieldCount
  }
  return compiled
}

const bytesOf = ({ document, compiled }: KnownDocument): number => {
  let bytes = bytesOfDocument(document)
  for (const { fieldCount } of compiled.values()) bytes += fieldCount * bytesPerField
  return bytes
}
