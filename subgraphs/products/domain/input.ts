import type { z } from 'zod'
import type { Refusal } from './refusals.ts'

/** Parses a mutation's input, or tells the first value that can't be accepted; fields that the shape lacks are dropped. */
export const parseInput = <T>(shape: z.ZodType<T>, input: unknown): T | Refusal<'invalidInput'> => {
  const result = shape.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  return {
    kind: 'invalidInput',
    field: issue?.path.map(String).join('.') ?? '',
    message: issue?.message ?? 'This can not be accepted.',
  }
}

/** Whether a parsed input is the refusal of one. */
export const isInvalid = (parsed: object): parsed is Refusal<'invalidInput'> =>
  'kind' in parsed && parsed.kind === 'invalidInput'
