import { badUserInput } from '@supergraph/runtime/errors.ts'
import type { ZodType } from 'zod'

/** One page of a Relay connection. */
export type Connection<Node> = {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

const defaultPageSize = 20
const maxPageSize = 100

/** The opaque cursor of the row that has these values in the columns that the list is ordered by. */
export const encodeCursor = (values: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url')

/** The ordering values in a cursor, of the given shape (a zod tuple); anything else throws BAD_USER_INPUT. */
export function decodeCursor<Values>(cursor: string, shape: ZodType<Values>): Values {
  const parsed = shape.safeParse(jsonIn(cursor))
  if (!parsed.success)
    throw badUserInput(
      '"after" is not a cursor of this list: pass an endCursor or an edge\'s cursor from it.',
    )
  return parsed.data
}

/** The number of nodes a client asked for: 20 when it didn't say; outside 1 to 100 throws BAD_USER_INPUT. */
export function pageSize(first: number | null | undefined): number {
  if (first === null || first === undefined) return defaultPageSize
  if (!Number.isInteger(first) || first < 1 || first > maxPageSize)
    throw badUserInput(`"first" must be between 1 and ${maxPageSize}.`)
  return first
}

/** The page made of `rows`, which were read with `limit first + 1`: the extra row only says that more follow. */
export function toConnection<Row>(
  rows: readonly Row[],
  first: number,
  cursorOf: (row: Row) => string,
): Connection<Row> {
  const edges = rows.slice(0, first).map(node => ({ cursor: cursorOf(node), node }))
  return { edges, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null } }
}

function jsonIn(cursor: string): unknown {
  const text = Buffer.from(cursor, 'base64url').toString()
  // n.b. PostgreSQL text can't hold U+0000: such a forged value would fail in the query
  if (text.includes('\\u0000')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
