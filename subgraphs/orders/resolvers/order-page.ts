import {
  type Connection,
  decodeCursor,
  encodeCursor,
  pageSize,
  toConnection,
} from '@supergraph/postgres/keyset.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import type { OrderPage } from '../database/order-reads.ts'
import type { OrderRow } from '../database/tables.ts'
import type { OrderStatus } from '../domain/order.ts'

const cursor = z.tuple([z.string().refine(isUuid)])

/** The page that a list's arguments ask for; throws BAD_USER_INPUT. */
export const toOrderPage = (args: {
  readonly first?: number | null
  readonly after?: string | null
  readonly status?: OrderStatus | null
}): OrderPage => ({
  first: pageSize(args.first),
  afterId: typeof args.after === 'string' ? decodeCursor(args.after, cursor)[0] : null,
  status: args.status ?? null,
})

/** The connection of `first + 1` orders. */
export const toOrderConnection = (rows: readonly OrderRow[], { first }: OrderPage): Connection<OrderRow> =>
  toConnection(rows, first, order => encodeCursor([order.id]))
