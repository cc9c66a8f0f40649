import { badUserInput } from '@supergraph/runtime/errors.ts'
import type { z } from 'zod'

/** The first value of an input that can't be accepted, and why, in words for a screen. */
export type InvalidInput = {
  readonly kind: 'invalidInput'
  /** The value's path in the mutation's input, such as `address.country`. */
  readonly field: string
  readonly message: string
}

/** Parses a mutation's input; fields that the shape lacks are dropped. `path` is where the values lie in the input. */
export const parseInput = <S extends z.ZodType>(
  shape: S,
  input: unknown,
  path: readonly string[] = [],
): z.output<S> | InvalidInput => {
  const result = shape.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  return {
    kind: 'invalidInput',
    field: [...path, ...(issue?.path ?? [])].map(String).join('.'),
    message: issue?.message ?? 'This can not be accepted.',
  }
}

/** Parses the arguments of a field that has no result for a refusal; throws BAD_USER_INPUT if they can't be accepted. */
export const parseArguments = <S extends z.ZodType>(shape: S, given: unknown): z.output<S> => {
  const parsed = shape.safeParse(given)
  if (parsed.success) return parsed.data
  throw badUserInput(parsed.error.issues[0]?.message ?? '')
}

/** Whether `parseInput` could not accept its input. */
export const isInvalid = (parsed: object): parsed is InvalidInput =>
  'kind' in parsed && parsed.kind === 'invalidInput'
