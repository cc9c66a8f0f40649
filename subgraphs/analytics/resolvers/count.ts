import { badUserInput } from '@supergraph/runtime/errors.ts'

/** How many are asked for; throws BAD_USER_INPUT unless 1 to 100. */
export const countOf = (first: number | null | undefined, byDefault: number): number => {
  const count = first ?? byDefault
  if (count < 1 || count > 100) throw badUserInput('"first" must be between 1 and 100.')
  return count
}
