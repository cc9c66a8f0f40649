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

/**
 * A message about a bad variable without the value that graphql repeats in it, which may hold a password: logs and
 * proxies keep answers.
 */
export const withoutValues = (message: string): string => {
  const [, variable] = /^(Variable "\$\w+") got invalid value /.exec(message) ?? []
  if (variable === undefined) return message.replace(/^(\w+ cannot represent [^:]*): .*$/s, '$1.')
  const [, at] = / at "([\w.[\]]+)"; /.exec(message) ?? []
  const [, reason] =
    /; (Field "\w+" [^;:]*|Expected [^;:]*|\w+ cannot represent [^;:]*)[^;]*$/s.exec(message) ?? []
  return `${variable} got an invalid value${at === undefined ? '' : ` at "${at}"`}${reason === undefined ? '.' : `: ${reason}`}`
}
