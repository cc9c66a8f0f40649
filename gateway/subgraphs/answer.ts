import { capErrors } from '@supergraph/runtime/answer-errors.ts'
import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import type { GraphQLFormattedError } from 'graphql'
import { z } from 'zod'

/** Takes the text of `data` out of the text of an answer, if that need not be read; undefined if it must be. */
export type TakeData = (answer: string) => string | undefined

/** A subgraph's answer to one operation, its errors reduced to message, path, code and service. */
export type SubgraphAnswer = {
  readonly data: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
  /** The JSON text of `data`, which is empty then, if the request takes such a text. */
  readonly text?: string
  /** How many bytes it had on its way, if it came over a network. */
  readonly bytes?: number | undefined
  /** Whether the subgraph called the request a bad one. */
  readonly isRefusal?: true
}

const errorShape = z.object({
  message: z.string(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.object({ code: z.string().optional(), count: z.number().optional() }).optional(),
})

const answerShape = z
  .object({
    data: z.record(z.string(), z.unknown()).nullish(),
    errors: z.array(errorShape).min(1).optional(),
  })
  .refine(({ data, errors }) => data !== undefined || errors !== undefined)

/** Reads the text of a subgraph's answer, or takes its data as they are; throws if it is not an answer. */
export const readAnswer = (service: string, text: string, takeData: TakeData | undefined): SubgraphAnswer => {
  const taken = takeData?.(text)
  return taken === undefined
    ? parseAnswer(service, JSON.parse(text), text.length)
    : { data: {}, text: taken, bytes: text.length }
}

/** Reads a subgraph's answer that had so many bytes; throws if it is not one. */
export const parseAnswer = (service: string, answer: unknown, bytes?: number): SubgraphAnswer => {
  if (hasOnlyData(answer)) return { data: answer.data, bytes }
  const { data = null, errors } = answerShape.parse(answer)
  return errors === undefined ? { data, bytes } : { data, errors: attributed(service, errors), bytes }
}

/** n.b. nearly all answers, which are too many to be checked by a schema. */
const hasOnlyData = (answer: unknown): answer is { readonly data: Record<string, unknown> } =>
  isJsonObject(answer) && isJsonObject(answer.data) && answer.errors === undefined

/**
 * Reads the body of a subgraph's answer with status 400 if it blames a value that the client gave; undefined if it blames
 * anything else, since the gateway wrote the rest of the request.
 */
export const parseBadInput = (service: string, body: string): SubgraphAnswer | undefined => {
  try {
    const { errors = [] } = answerShape.parse(JSON.parse(body))
    const isBadInput = errors.every(({ extensions }) => extensions?.code === 'BAD_USER_INPUT')
    return isBadInput && errors.length > 0 ? { data: null, errors: attributed(service, errors) } : undefined
  } catch {
    return undefined
  }
}

/** Reads the errors by which a subgraph refuses an operation; throws if they are not such errors. */
export const parseErrors = (service: string, errors: unknown): readonly GraphQLFormattedError[] =>
  attributed(service, z.array(errorShape).min(1).parse(errors))

const attributed = (
  service: string,
  errors: readonly z.output<typeof errorShape>[],
): readonly GraphQLFormattedError[] =>
  capErrors(
    errors.map(({ message, path, extensions: { code = 'INTERNAL_SERVER_ERROR', count } = {} }) => ({
      message,
      path,
      extensions: { code, service, ...(count !== undefined && { count }) },
    })),
  )
