import type { GraphQLFormattedError } from 'graphql'
import { z } from 'zod'

/** A subgraph's answer to one operation, its errors reduced to message, path, code and service. */
export type SubgraphAnswer = {
  readonly data: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
}

const errorShape = z.object({
  message: z.string(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.object({ code: z.string().optional() }).optional(),
})

const answerShape = z
  .object({
    data: z.record(z.string(), z.unknown()).nullish(),
    errors: z.array(errorShape).min(1).optional(),
  })
  .refine(({ data, errors }) => data !== undefined || errors !== undefined)

/** Reads a subgraph's answer; throws if it is not one. */
export const parseAnswer = (service: string, answer: unknown): SubgraphAnswer => {
  const { data = null, errors } = answerShape.parse(answer)
  return errors === undefined ? { data } : { data, errors: attributed(service, errors) }
}

/** Reads the errors by which a subgraph refuses an operation; throws if they are not such errors. */
export const parseErrors = (service: string, errors: unknown): readonly GraphQLFormattedError[] =>
  attributed(service, z.array(errorShape).min(1).parse(errors))

const attributed = (service: string, errors: readonly z.output<typeof errorShape>[]) =>
  errors.map(({ message, path, extensions }) => ({
    message,
    path,
    extensions: { code: extensions?.code ?? 'INTERNAL_SERVER_ERROR', service },
  }))
