/** A GraphQL error as the gateway sends it; `extensions.code` says what kind it is. */
export type OperationError = {
  readonly message: string
  readonly path?: readonly (string | number)[] | undefined
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Why there is nothing to give. `code` is that of the first GraphQL error in `errors`, or one of the client's own:
 * `UNREACHABLE` (no usable answer), `SIGNED_OUT` (the session is over: sign in), `USER_CHANGED` (somebody else has signed in
 * meanwhile), `DISCONNECTED` (the socket closed, with `closeCode`), `SOCKET_REFUSED` (it closed with a code that connecting
 * again can't help).
 */
export class ShopError extends Error {
  override readonly name = 'ShopError'
  readonly code: string
  readonly errors: readonly OperationError[]
  readonly closeCode: number | undefined

  constructor(
    code: string,
    message: string,
    {
      errors = [],
      closeCode,
      cause,
    }: {
      readonly errors?: readonly OperationError[]
      readonly closeCode?: number
      readonly cause?: unknown
    } = {},
  ) {
    super(message, { cause })
    this.code = code
    this.errors = errors
    this.closeCode = closeCode
  }
}

/** The session is over, or there is none. */
export const signedOut = (): ShopError => new ShopError('SIGNED_OUT', 'The session is over: sign in again.')

/** Another user has signed in, in this page or in another one. */
export const userChanged = (): ShopError =>
  new ShopError(
    'USER_CHANGED',
    'Somebody else has signed in. What the user before had begun is not answered: read the page again.',
  )

/** The error for GraphQL errors that came instead of data. */
export const operationFailed = (errors: readonly OperationError[]): ShopError => {
  const [first] = errors
  const code = first?.extensions?.code
  return new ShopError(
    typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR',
    first?.message ?? 'The answer holds neither data nor errors.',
    { errors },
  )
}

const reconnectingCantHelp: ReadonlySet<number> = new Set([1009, 4400, 4403, 4406])

/** The error for whatever ended a subscription: GraphQL errors, a close event, or a failure to connect. */
export const subscriptionFailed = (reason: unknown): ShopError => {
  if (reason instanceof ShopError) return reason
  if (Array.isArray(reason)) return operationFailed(reason)
  const closeCode = closeCodeOf(reason)
  return closeCode !== undefined && reconnectingCantHelp.has(closeCode)
    ? new ShopError('SOCKET_REFUSED', `The socket was refused with ${closeCode}.`, { closeCode })
    : new ShopError('DISCONNECTED', 'The socket is closed.', {
        ...(closeCode !== undefined && { closeCode }),
        cause: reason,
      })
}

/** The code of a close event, if it is one. */
export const closeCodeOf = (event: unknown): number | undefined =>
  typeof event === 'object' && event !== null && 'code' in event && typeof event.code === 'number'
    ? event.code
    : undefined
