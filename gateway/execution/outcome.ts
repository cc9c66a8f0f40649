import type { GraphQLFormattedError } from 'graphql'

/** What became of an operation. */
export type Outcome =
  /** It was executed: the JSON text of the answer, errors included. */
  | {
      readonly kind: 'answer'
      readonly text: string
      /** For how many seconds it may be kept; not at all if this is 0 or undefined. */
      readonly maxAge?: number
      /** For how many milliseconds of its time subgraphs were waited for, if that is known. */
      readonly waitedMs?: number
    }
  /** None of it was executed; `status` is the HTTP status. */
  | Refusal

/** None of an operation was executed. */
export type Refusal = {
  readonly kind: 'refusal'
  readonly status: number
  readonly errors: readonly GraphQLFormattedError[]
  /** Whether the answer has data, which is null: the viewer may not have all of the operation. */
  readonly hasData: boolean
}
