import { errorsNotListed, maxErrors } from '@supergraph/runtime/answer-errors.ts'
import { errorWithoutStack } from '@supergraph/runtime/errors.ts'
import { type DirectiveNode, type GraphQLError, Kind } from 'graphql'
import type { ForbiddenField } from './selections.ts'

/** Whether an operation that selects forbidden fields is answered without them, or not at all. */
export type UnauthorizedOperations = 'filter' | 'reject'

const refused = 'Who asks may not have this: sign in as a user who may.'

type Values = Readonly<Record<string, unknown>>

/** The errors for the refused paths that these coerced variables don't skip: one for each path, 100 at most, and their count. */
export const refusalErrors = (
  refusals: readonly ForbiddenField[],
  variables: Values,
): readonly GraphQLError[] => {
  const selected = refusals.filter(({ conditions }) =>
    conditions.every(condition => isSelected(condition, variables)),
  )
  const byPath = new Map(selected.map(({ path }) => [path.join('\n'), path]))
  const extensions = { code: 'UNAUTHORIZED_FIELD_OR_TYPE' }
  const paths = [...byPath.values()]
  const listed = paths.slice(0, maxErrors).map(path => errorWithoutStack(refused, { path, extensions }))
  return paths.length > maxErrors ? [...listed, errorsNotListed(paths.length - maxErrors)] : listed
}

/** Whether coerced variables leave a selection in an operation that has this `@skip` or `@include`. */
export const isSelected = (
  { name, arguments: [argument] = [] }: DirectiveNode,
  variables: Values,
): boolean => {
  const wanted = name.value === 'include'
  switch (argument?.value.kind) {
    case Kind.BOOLEAN:
      return argument.value.value === wanted
    case Kind.VARIABLE:
      return variables[argument.value.name.value] === wanted
    default:
      return true
  }
}
