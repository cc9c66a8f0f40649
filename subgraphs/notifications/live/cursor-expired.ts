import { GraphQLError } from 'graphql'

/** What ends a subscription that can't go on from its cursor without leaving something out; `why` is a clause. */
export const cursorExpired = (why: string): GraphQLError =>
  new GraphQLError(`CursorExpired: ${why}. Read the state anew, then subscribe without a cursor.`, {
    extensions: { code: 'CURSOR_EXPIRED' },
  })
