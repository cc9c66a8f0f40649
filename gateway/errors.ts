import { shortened } from '@supergraph/runtime/answer-errors.ts'
import { errorWithoutStack, withoutValues } from '@supergraph/runtime/errors.ts'
import { type Failure, logFailures } from '@supergraph/runtime/failure-log.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { currentTraceId } from '@supergraph/runtime/trace-context.ts'
import { tellError } from '@supergraph/telemetry/operations.ts'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'

/** Brings an error into the gateway's vocabulary: message, path and `extensions`, in which `ErrorExtensions` and nothing else. */
export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError

/** What a client learns of an error beside its message. */
export type ErrorExtensions = {
  readonly code: unknown
  /** The subgraph whose error it is. */
  readonly service?: string
  /** The trace of the request. */
  readonly traceId: string | undefined
  /** Whether the same request, sent again, may succeed without harm. */
  readonly retryable: boolean
}

/**
 * The codes of the gateway's own errors: the HTTP status of what is refused with it, if that is not 200, and whether it may
 * help to send the same request again.
 * n.b. an error of the gateway's own whose code is missing here becomes INTERNAL_SERVER_ERROR
 */
const ownCodes = {
  ANSWER_TOO_LARGE: {},
  BAD_REQUEST: { status: 400 },
  BAD_USER_INPUT: { status: 400 },
  GRAPHQL_PARSE_FAILED: { status: 400 },
  GRAPHQL_VALIDATION_FAILED: { status: 400 },
  INVALID_ANSWER: {},
  OPERATION_RESOLUTION_FAILURE: { status: 400 },
  OPERATION_TOO_LARGE: { status: 400 },
  PERSISTED_QUERY_NOT_FOUND: {},
  PERSISTED_QUERY_NOT_IN_LIST: { status: 404 },
  PERSISTED_QUERY_NOT_SUPPORTED: {},
  QUERY_NOT_IN_SAFELIST: { status: 403 },
  SCHEMA_CHANGED: { retryable: true },
  SERVICE_TIMEOUT: { retryable: true },
  SERVICE_UNAVAILABLE: { status: 503, retryable: true },
  SLOW_CONSUMER: { retryable: true },
  TOO_MANY_ERRORS: {},
  TOO_MANY_OPERATIONS: { status: 429, retryable: true },
  TOTP_REQUIRED: {},
  UNAUTHENTICATED: { status: 401 },
  UNAUTHORIZED_FIELD_OR_TYPE: {},
} as const satisfies Record<string, { readonly status?: number; readonly retryable?: true }>

const codes: ReadonlyMap<unknown, { readonly status?: number; readonly retryable?: true }> = new Map(
  Object.entries(ownCodes),
)

/** The codes of what fails by no fault of the client's. */
const failures: ReadonlySet<unknown> = new Set([
  'INTERNAL_SERVER_ERROR',
  'INVALID_ANSWER',
  'SERVICE_TIMEOUT',
  'SERVICE_UNAVAILABLE',
])

/** Errors of the answers to mutations: what a service has done of one is unknown. */
const ofMutations = new WeakSet<GraphQLError>()

/** Marks the errors of the answer to a mutation, which is not to be sent again although a service did not answer. */
export const markAsOfMutation = (errors: readonly GraphQLError[]): void => {
  for (const error of errors) ofMutations.add(error)
}

/** What graphql and Apollo Server say of a request that they refuse, in words that say what to do. */
const inPlainWords: ReadonlyMap<string, string> = new Map([
  [
    'Too many validation errors, error limit reached. Validation aborted.',
    'The document has more errors than these 100: mend what they name, and the rest is told.',
  ],
  [
    'Validation aborted.',
    'The document selects the same fields too often to be compared with each other: select each field once, under fewer names, and spread fewer fragments in the same place.',
  ],
  [
    'provided sha does not match query',
    'extensions.persistedQuery.sha256Hash is not the SHA-256 of the query in hexadecimal: send the hash of the text in "query".',
  ],
  ['Unsupported persisted query version', 'extensions.persistedQuery.version can only be 1.'],
  [
    'POST body missing, invalid Content-Type, or JSON object has no keys.',
    'The body holds no operation: send {"query": "…"} as application/json.',
  ],
  [
    'Operation batching disabled.',
    'The body is a list: send each operation in a request of its own, several at the same time if you like.',
  ],
])

/** n.b. Apollo Server goes on with the names of the headers. */
const forgery = 'This operation has been blocked as a potential Cross-Site Request Forgery'

const plainly = (message: string): string =>
  message.startsWith(forgery)
    ? 'Any page could make a browser send this. Send it by POST as application/json, or with one of the headers authorization and apollo-require-preflight.'
    : (inPlainWords.get(message) ?? message)

const internal = 'INTERNAL_SERVER_ERROR'
const hidden = 'Internal server error'

/** Stands for a failure that was logged. */
class LoggedFailure extends GraphQLError {
  constructor(path: GraphQLError['path']) {
    super(hidden, { path, extensions: { code: internal } })
  }
}

/**
 * Hides those errors of an execution that are not known to be fit for clients, and logs each kind of them once.
 * n.b. whatever its types say, Apollo's executor gives plain errors too.
 */
export const hideFailures = (logger: Logger, errors: readonly Error[]): readonly GraphQLError[] => {
  const failures: Failure[] = []
  const fit = errors.map(error => {
    if (error instanceof GraphQLError) {
      const { code, service } = error.extensions
      if (typeof service === 'string' || codes.has(code)) return error
    }
    const path = error instanceof GraphQLError ? error.path : undefined
    failures.push({ err: error, details: { path } })
    return new LoggedFailure(path)
  })
  logFailures(failures, line => logger.error(line, 'an operation failed'))
  return fit
}

/** Formats every error before it is sent to a client; one that is not known to be fit for clients is logged and hidden. */
export const createErrorFormatter =
  (logger: Logger): FormatError =>
  (formatted, error) => {
    const { service, limit, allowed, found } = formatted.extensions ?? {}
    const code = codeOf(formatted)
    const { message, locations, path } = formatted
    const ofService = typeof service === 'string' ? service : undefined
    tellError(
      { code: String(code ?? internal), service: ofService, path },
      ofService !== undefined || failures.has(code) || !codes.has(code),
    )
    const traceId = currentTraceId()
    const isRetryable = codes.get(code)?.retryable === true
    if (typeof service === 'string') {
      const shown = code === internal ? hidden : shortened(message)
      const retryable = isRetryable && !(error instanceof GraphQLError && ofMutations.has(error))
      const extensions: ErrorExtensions = { code, service, traceId, retryable }
      return { message: shown, locations, path, extensions }
    }
    if (codes.has(code)) {
      const shown = shortened(withoutSuggestion(withoutValues(plainly(message))))
      const figures = code === 'OPERATION_TOO_LARGE' ? { limit, allowed, found } : {}
      const extensions: ErrorExtensions = { code, ...figures, traceId, retryable: isRetryable }
      return { message: shown, locations, path, extensions }
    }
    if (!(error instanceof LoggedFailure)) logger.error({ err: error, path }, 'an operation failed')
    const extensions: ErrorExtensions = { code: internal, traceId, retryable: false }
    return { message: hidden, locations, path, extensions }
  }

/** n.b. Apollo Server gives its refusal of a persisted query no code, only the status 400. */
const codeOf = ({ message, extensions }: GraphQLFormattedError): unknown =>
  extensions?.code === internal && inPlainWords.has(message) ? 'BAD_REQUEST' : extensions?.code

/** Formats an error that has not been through Apollo Server. */
export const formatAny = (format: FormatError, error: unknown): GraphQLFormattedError => {
  const wrapped = error instanceof GraphQLError ? error : errorWithoutStack(hidden, {})
  return format(wrapped.toJSON(), error)
}

/** Formats an error that has no code of its own yet. */
export const formatAs = (code: string, format: FormatError, error: GraphQLError): GraphQLFormattedError => {
  const { extensions, ...formatted } = error.toJSON()
  return format({ ...formatted, extensions: { code, ...extensions } }, error)
}

/** A formatted error in the class that graphql-ws wants to print. */
export const printable = (formatted: GraphQLFormattedError): GraphQLError =>
  Object.assign(errorWithoutStack(formatted.message, { extensions: formatted.extensions }), {
    locations: formatted.locations,
    path: formatted.path,
  })

/** An error of the gateway's own vocabulary, with the status that it has over HTTP if that is not 200. */
export const gatewayError = (code: keyof typeof ownCodes, message: string): GraphQLError => {
  const status = codes.get(code)?.status
  return errorWithoutStack(message, {
    extensions: status === undefined ? { code } : { code, http: { status } },
  })
}

/** A document with several operations does not say which one to run. */
export const unknownOperation = (): GraphQLError =>
  gatewayError('OPERATION_RESOLUTION_FAILURE', 'Name one of the operations of the document in operationName.')

/** The text of a query is not known by its hash. n.b. clients know it by these words too, and send the text then */
export const persistedQueryNotFound = (): GraphQLError =>
  gatewayError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')

/** A client has gone before its operation was begun: nobody reads this, and nothing failed. */
export const clientGone = (): GraphQLError => gatewayError('BAD_REQUEST', 'The client has gone.')

/** The status that an error of the gateway's own vocabulary has over HTTP, if that is not 200. */
export const statusOf = (error: unknown): number | undefined => {
  const { status } = (error instanceof GraphQLError && Object(error.extensions.http)) || {}
  return typeof status === 'number' ? status : undefined
}

/** Whether a client is told to send fewer operations at a time. */
export const isTooMany = (error: unknown): error is GraphQLError =>
  error instanceof GraphQLError && error.extensions.code === 'TOO_MANY_OPERATIONS'

/** Whether a subscription ended since its client read too slowly. */
export const isSlowConsumer = (error: unknown): boolean =>
  error instanceof GraphQLError && error.extensions.code === 'SLOW_CONSUMER'

/** A subgraph gave no usable answer. */
export const serviceError = (
  service: string,
  code: 'SERVICE_UNAVAILABLE' | 'SERVICE_TIMEOUT',
): GraphQLError => errorWithoutStack(`${service} does not answer`, { extensions: { code, service } })

const suggestion = ' Did you mean '

// n.b. no regular expression: the text may be a client's, and long
const withoutSuggestion = (message: string): string => {
  const index = message.endsWith('?') ? message.indexOf(suggestion) : -1
  return index === -1 ? message : message.slice(0, index)
}
