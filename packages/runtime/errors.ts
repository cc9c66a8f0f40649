import { GraphQLError, type GraphQLErrorOptions } from 'graphql'

/** Makes an error without a stack: that is most of what an error costs, and who is refused can ask again at once. */
export const errorWithoutStack = (message: string, options: GraphQLErrorOptions): GraphQLError => {
  const { stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = 0
    return new GraphQLError(message, options)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The caller must sign in first. */
export const unauthenticated = () =>
  errorWithoutStack('Sign in first: this needs an access token.', { extensions: { code: 'UNAUTHENTICATED' } })

/** The caller is known, but not allowed to do this. */
export const forbidden = () =>
  errorWithoutStack('You are not allowed to do this.', { extensions: { code: 'FORBIDDEN' } })

/** The caller is of the staff, and not allowed to do what staff may before there is a second factor. */
export const totpRequired = () =>
  errorWithoutStack(
    'Staff need a second factor here: switch it on with enableTotp and confirmTotp, then refresh the session.',
    { extensions: { code: 'TOTP_REQUIRED' } },
  )

/** An argument that can't be used; the message says which one could. */
export const badUserInput = (message: string) =>
  errorWithoutStack(message, { extensions: { code: 'BAD_USER_INPUT' } })

/** There is no such thing, or not for this caller. */
export const notFound = (message: string) => errorWithoutStack(message, { extensions: { code: 'NOT_FOUND' } })

const maxMessageLength = 1_000

/**
 * A message about a bad value, without the value that graphql repeats in it. The value may hold a password, and logs and
 * proxies store responses.
 */
export const withoutValues = (message: string): string => {
  const variable = /^Variable "\$\w+"/.exec(message)?.[0]
  if (variable === undefined || !message.startsWith(`${variable} got invalid value `)) {
    const [what, ...value] = message.split(' cannot represent ', 2)
    return value.length === 0 ? message : `${what} cannot represent ${upTo(':', value.join(''))}.`
  }
  // n.b. the client chooses the value: a long one is not searched, and only plain words are kept
  const reason = message.slice(message.lastIndexOf('; ') + 2)
  const isPlain =
    message.length <= maxMessageLength && /^(Field "|Expected |[A-Z]\w* cannot represent )/.test(reason)
  return isPlain
    ? `${variable} got an invalid value: ${upTo(':', reason)}`
    : `${variable} got an invalid value.`
}

const upTo = (end: string, text: string): string => {
  const index = text.indexOf(end)
  return index === -1 ? text : text.slice(0, index)
}
