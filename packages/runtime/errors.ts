import { GraphQLError } from 'graphql'

/** The caller must sign in first. */
export const unauthenticated = () =>
  new GraphQLError('Sign in first: this needs an access token.', { extensions: { code: 'UNAUTHENTICATED' } })

/** The caller is known, and may not do this. */
export const forbidden = () =>
  new GraphQLError('You are not allowed to do this.', { extensions: { code: 'FORBIDDEN' } })

/** An argument that can't be used; the message says what would be. */
export const badUserInput = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })

/** There is no such thing, or not for this caller. */
export const notFound = (message: string) => new GraphQLError(message, { extensions: { code: 'NOT_FOUND' } })
