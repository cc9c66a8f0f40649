import { errorsNotListed, maxErrors } from '@supergraph/runtime/answer-errors.ts'
import { errorWithoutStack, totpRequired } from '@supergraph/runtime/errors.ts'
import { hasScope, totpMissing, type Viewer } from '@supergraph/runtime/identity.ts'
import { type DirectiveNode, type GraphQLError, type GraphQLFormattedError, Kind } from 'graphql'
import type { ForbiddenField } from './selections.ts'

/** Whether an operation that selects forbidden fields is answered without them, or not at all. */
export type UnauthorizedOperations = 'filter' | 'reject'

const refused = errorWithoutStack('Who asks may not have this: sign in as a user who may.', {
  extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
})
const withoutTotp = totpRequired()

/** Whether an error says that a viewer may not have a field. */
export const isRefused = ({ extensions }: Pick<GraphQLFormattedError, 'extensions'>): boolean =>
  [refused, withoutTotp].some(error => error.extensions.code === extensions?.code)

type Values = Readonly<Record<string, unknown>>

/**
 * The errors for the refused paths that these coerced variables don't skip: one for each path, 100 at most, and their count. n.b. staff
 * without a second factor are told that it is what they miss
 */
export const refusalErrors = (
  refusals: readonly ForbiddenField[],
  variables: Values,
  viewer?: Viewer,
): readonly GraphQLError[] => {
  const selected = refusals.filter(({ conditions }) =>
    conditions.every(condition => isSelected(condition, variables)),
  )
  const byPath = new Map(selected.map(({ path }) => [path.join('\n'), path]))
  const { message, extensions } =
    viewer !== undefined && hasScope(viewer, totpMissing) ? withoutTotp : refused
  const paths = [...byPath.values()]
  const listed = paths.slice(0, maxErrors).map(path => errorWithoutStack(message, { path, extensions }))
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
