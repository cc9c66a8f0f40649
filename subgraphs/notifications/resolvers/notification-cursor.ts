import { decodeCursor, encodeCursor } from '@supergraph/postgres/keyset.ts'
import { z } from 'zod'

const shape = z.tuple([z.int32().nonnegative()])

/** The cursor of a user's notification by its number; that of a list's edge and that of a live update are the same. */
export const notificationCursor = (seq: number): string => encodeCursor([seq])

/** The number in such a cursor; anything else throws BAD_USER_INPUT. */
export const numberIn = (cursor: string): number => decodeCursor(cursor, shape)[0]
