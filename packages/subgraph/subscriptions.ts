import type { Server } from 'node:http'
import { createCache } from '@supergraph/runtime/cache.ts'
import { bytesOfDocument } from '@supergraph/runtime/documents.ts'
import { type Identity, InvalidIdentity, type VerifyIdentity } from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

const maxDocumentBytes = 4 * 1024 * 1024

/**
 * Serves a schema over graphql-transport-ws at `/graphql`. A socket is shared by many viewers, so that each operation
 * carries its identity token as `extensions.identity`.
 */
export const serveSubscriptions = <C extends object>({
  server,
  schema,
  verifyIdentity,
  createContext,
  format,
}: {
  readonly server: Server
  readonly schema: GraphQLSchema
  readonly verifyIdentity: VerifyIdentity
  readonly createContext: (identity: Identity) => C
  /** Gives the errors of an operation the form in which they leave. */
  readonly format: (errors: readonly GraphQLError[]) => readonly GraphQLFormattedError[]
}): Running => {
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: 1024 * 1024 })
  const documents = createCache<DocumentNode>({ maxBytes: maxDocumentBytes, sizeOf: bytesOfDocument })

  /** The document of a text, or why it is not valid; subscriptions with equal texts share it. */
  const read = (query: string): DocumentNode | readonly GraphQLError[] => {
    const known = documents.get(query)
    if (known !== undefined) return known
    const document = parse(query)
    const errors = validate(schema, document)
    if (errors.length > 0) return errors
    documents.set(query, document)
    return document
  }

  const { dispose } = useServer(
    {
      // n.b. a refusal ends the operation, never the socket: many viewers share it
      onSubscribe: async (_context, _id, { query, operationName, variables, extensions }) => {
        const token = extensions?.identity
        try {
          const identity = await verifyIdentity(typeof token === 'string' ? token : undefined)
          const document = read(query)
          if (!('kind' in document)) return document
          return {
            schema,
            document,
            operationName,
            variableValues: variables,
            contextValue: createContext(identity),
          }
        } catch (error) {
          if (error instanceof InvalidIdentity) return [unauthorized(error)]
          if (error instanceof GraphQLError) return [error]
          throw error
        }
      },
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors === undefined ? undefined : { ...result, errors: [...format(result.errors)] },
      onError: (_context, _id, _payload, errors) => format(errors),
    },
    sockets,
  )
  return { stop: async () => dispose() }
}

const unauthorized = ({ message }: InvalidIdentity) =>
  new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED' } })
