import type { ExecutionResult, GraphQLError } from 'graphql'
import { type FormatError, formatAny } from '../errors.ts'

/** What the execution of an operation gives. */
export type Answer = {
  /** The JSON text of `data`. */
  readonly data: string
  /** Not formatted yet; fit for clients once they are. */
  readonly errors: readonly GraphQLError[]
  /** For how many seconds it may be kept, 0 if not at all. */
  readonly maxAge: number
  /** For how many milliseconds subgraphs were waited for. */
  readonly waitedMs: number
}

/** An answer in the form that graphql's own tools take. */
export const toResult = ({ data, errors }: Pick<Answer, 'data' | 'errors'>): ExecutionResult => ({
  data: JSON.parse(data),
  ...(errors.length > 0 && { errors }),
})

/** The JSON text of an answer, its errors formatted. */
export const toText = ({ data, errors }: Pick<Answer, 'data' | 'errors'>, format: FormatError): string =>
  errors.length === 0
    ? `{"data":${data}}`
    : `{"errors":${JSON.stringify(errors.map(error => formatAny(format, error)))},"data":${data}}`
