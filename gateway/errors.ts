import { withoutValues } from '@supergraph/runtime/errors.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'

/** Brings an error into the gateway's vocabulary: message, path and `extensions: { code, service? }`, nothing else. */
export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError

// n.b. an error of the gateway's own whose code is missing here becomes INTERNAL_SERVER_ERROR
const ownCodes: ReadonlySet<unknown> = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'SERVICE_UNAVAILABLE',
  'SLOW_CONSUMER',
  'TOO_MANY_OPERATIONS',
  'UNAUTHENTICATED',
  'UNAUTHORIZED_FIELD_OR_TYPE',
])
const internal = 'INTERNAL_SERVER_ERROR'

/** Formats every error before it is sent to a client; one that is not known to be fit for clients is logged and hidden. */
export const createErrorFormatter =
  (logger: Logger): FormatError =>
  (formatted, error) => {
    const { code, service } = formatted.extensions ?? {}
    const place = { locations: formatted.locations, path: formatted.path }
    if (typeof service === 'string') {
      const message = code === internal ? 'Internal server error' : formatted.message
      return { message, ...present(place), extensions: { code, service } }
    }
    if (ownCodes.has(code)) {
      return {
        message: withoutSuggestion(withoutValues(formatted.message)),
        ...present(place),
        extensions: { code },
      }
    }
    logger.error({ err: error, path: formatted.path }, 'an operation failed')
    return { message: 'Internal server error', ...present(place), extensions: { code: internal } }
  }

/** Formats an error that has not been through Apollo Server. */
export const formatAny = (format: FormatError, error: unknown): GraphQLFormattedError => {
  const wrapped = error instanceof GraphQLError ? error : new GraphQLError('Internal server error')
  return format(wrapped.toJSON(), error)
}

/** A formatted error in the class that graphql-ws wants to print. */
export const printable = (formatted: GraphQLFormattedError): GraphQLError =>
  Object.assign(new GraphQLError(formatted.message, { extensions: formatted.extensions }), {
    locations: formatted.locations,
    path: formatted.path,
  })

const clientMistakes: ReadonlySet<string> = new Set(['BAD_REQUEST', 'OPERATION_RESOLUTION_FAILURE'])

/** An error of the gateway's own vocabulary; over HTTP, a client's mistake has status 400. */
export const gatewayError = (code: string, message: string): GraphQLError =>
  new GraphQLError(message, {
    extensions: clientMistakes.has(code) ? { code, http: { status: 400 } } : { code },
  })

/** A document with several operations does not say which one to run. */
export const unknownOperation = (): GraphQLError =>
  gatewayError('OPERATION_RESOLUTION_FAILURE', 'Name one of the operations of the document in operationName.')

/** A subgraph gave no usable answer. */
export const serviceError = (
  service: string,
  code: 'SERVICE_UNAVAILABLE' | 'SERVICE_TIMEOUT',
): GraphQLError => new GraphQLError(`${service} does not answer`, { extensions: { code, service } })

const suggestion = ' Did you mean '

// n.b. no regular expression: the text may be a client's, and long
const withoutSuggestion = (message: string): string => {
  const index = message.endsWith('?') ? message.indexOf(suggestion) : -1
  return index === -1 ? message : message.slice(0, index)
}

const present = <T extends object>(values: T): Partial<T> => {
  const kept: Partial<T> = {}
  for (const key in values) if (values[key] !== undefined) kept[key] = values[key]
  return kept
}
