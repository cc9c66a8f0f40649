import { isAway } from '@supergraph/postgres/connection.ts'
import { shortened } from '@supergraph/runtime/answer-errors.ts'
import { NobodyWaits } from '@supergraph/runtime/caller.ts'
import { withoutValues } from '@supergraph/runtime/errors.ts'
import { logFailures } from '@supergraph/runtime/failure-log.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { activeSpan } from '@supergraph/telemetry/spans.ts'
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql'

/** Logs those errors of an operation that are hidden from clients. */
export type Report = (errors: readonly Error[]) => void

export const createReport =
  (logger: Logger): Report =>
  errors => {
    const hidden = errors
      .map(error => ({
        err: causeOf(error),
        details: { path: error instanceof GraphQLError ? error.path : undefined },
      }))
      .filter(({ err }) => !(err instanceof GraphQLError) && !(err instanceof NobodyWaits))
    if (hidden.length > 0) activeSpan()?.fail(hidden[0]?.err)
    logFailures(hidden, line => logger.error(line, 'a resolver failed'))
  }

const databaseAway = {
  message: 'The data can not be used at the moment.',
  extensions: { code: 'SERVICE_UNAVAILABLE' },
} as const
const internal = { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } } as const

/** An error as it leaves: what is not known to be fit for clients is hidden. */
export const formatError = (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
  const cause = causeOf(error)
  if (!(cause instanceof GraphQLError)) return { ...formatted, ...(isAway(cause) ? databaseAway : internal) }
  // n.b. Apollo Server calls a document invalid that holds a value which a scalar refuses
  const { code } = cause.extensions
  const extensions = code === 'BAD_USER_INPUT' ? { ...formatted.extensions, code } : formatted.extensions
  return { ...formatted, message: shortened(withoutValues(formatted.message)), extensions }
}

/** An error of an execution as it leaves, in the form that Apollo Server gives it. */
export const formatExecutionError = (error: GraphQLError): GraphQLFormattedError => {
  const known = withCode(error)
  const { http, ...others } = known.extensions
  const extensions = statusIn(http) === undefined ? { ...known.extensions } : others
  const code = extensions.code ?? 'INTERNAL_SERVER_ERROR'
  return formatError({ ...known.toJSON(), extensions: { ...extensions, code } }, known)
}

/** The HTTP status that the errors of an execution ask for; undefined if they ask for none. */
export const statusOf = (errors: readonly GraphQLError[]): number | undefined =>
  errors.map(({ extensions }) => statusIn(extensions.http)).findLast(status => status !== undefined)

const statusIn = (http: unknown): number | undefined => {
  const { status } = Object(http)
  return typeof status === 'number' ? status : undefined
}

/** n.b. graphql gives no code to an error about the value of a variable. */
const withCode = (error: GraphQLError): GraphQLError => {
  const { message, nodes, originalError, extensions } = error
  const isAboutVariable = nodes?.length === 1 && nodes[0]?.kind === Kind.VARIABLE_DEFINITION
  if (!isAboutVariable || extensions.code != null) return error
  return new GraphQLError(message, {
    nodes,
    originalError: originalError ?? error,
    extensions: { ...extensions, code: 'BAD_USER_INPUT' },
  })
}

const causeOf = (error: unknown): unknown =>
  error instanceof GraphQLError ? (error.originalError ?? error) : error
