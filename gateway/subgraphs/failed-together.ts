import type { SubgraphAnswer } from './answer.ts'

/** By these codes a subgraph says that it would not execute a request. */
const refusals: ReadonlySet<unknown> = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_TOO_LARGE',
])

/**
 * Whether lists that were asked for in one request have failed together, although each of them alone might not: the subgraph
 * refused the request, or failed to give one of the lists, which may not be null.
 */
export const failedTogether = (
  { data, errors = [], isRefusal }: SubgraphAnswer,
  lists: readonly { readonly responseKey: string }[],
): boolean =>
  data === null &&
  (isRefusal === true ||
    errors.some(
      ({ path, extensions }) =>
        refusals.has(extensions?.code) || lists.some(({ responseKey }) => responseKey === path?.[0]),
    ))
