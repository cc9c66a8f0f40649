import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import Stripe from 'stripe'
import { CallNotMade, createGuard, OutcomeUnknown } from '../remote-calls.ts'

/** Stripe's API, asked within bounds. */
export type StripeClient = Running & {
  /** Sends one request; throws Stripe's refusal (see isRefusal) as it came, otherwise CallNotMade or OutcomeUnknown. */
  readonly ask: <T extends { readonly object: string }>(
    send: (stripe: Stripe, options: Stripe.RequestOptions) => Promise<T>,
  ) => Promise<T>
  readonly isAvailable: () => boolean
}

const timeoutMs = 4_000
const maxInFlight = 32
const maxQueued = 256
// n.b. shorter than a server keeps a connection, so that a request seldom meets one that is being closed
const idleConnectionMs = 4_000

/** Talks to Stripe, or to what speaks like it, at `apiUrl` over kept-alive connections; `stop` closes them. */
export const createStripeClient = ({
  apiKey,
  apiUrl,
}: {
  readonly apiKey: string
  readonly apiUrl: string
}): StripeClient => {
  const { protocol, hostname, port } = new URL(apiUrl)
  const isSecure = protocol === 'https:'
  const options = { keepAlive: true, maxSockets: maxInFlight, timeout: idleConnectionMs }
  const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options)
  const stripe = new Stripe(apiKey, {
    protocol: isSecure ? 'https' : 'http',
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    httpClient: withoutHiddenRetry(Stripe.createNodeHttpClient(agent)),
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
  })
  const guard = createGuard({ service: 'Stripe', timeoutMs, maxInFlight, maxQueued })
  return {
    ask: send =>
      guard.call(async ({ timeoutMs }) => {
        const answer = await send(stripe, { timeout: timeoutMs }).catch((error: unknown) => {
          throw toCallError(error)
        })
        // n.b. the SDK takes any JSON without an `error` for an answer
        if (typeof answer.object === 'string') return answer
        throw new OutcomeUnknown(
          'What answers is not Stripe: see that STRIPE_API_URL is the address of its API.',
        )
      }),
    isAvailable: guard.isAvailable,
    stop: async () => agent.destroy(),
  }
}

/** Stripe's answer to a request that it does not carry out: a declined card, or something invalid. */
export type StripeRefusal = InstanceType<
  typeof Stripe.errors.StripeCardError | typeof Stripe.errors.StripeInvalidRequestError
>

/** Whether Stripe refused what it was asked for; nothing is charged or returned by that request. */
export const isRefusal = (error: unknown): error is StripeRefusal =>
  error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError

/** Whether Stripe answered that it failed: it would answer so again under the same key for a day, whatever it did. */
export const isServerError = (error: unknown): boolean =>
  error instanceof OutcomeUnknown &&
  error.cause instanceof Stripe.errors.StripeAPIError &&
  error.cause.statusCode !== 409

/** Whether Stripe only repeated the failure that it keeps under the request's key. */
export const isKeptServerError = (error: unknown): boolean =>
  isServerError(error) &&
  error instanceof OutcomeUnknown &&
  error.cause instanceof Stripe.errors.StripeAPIError &&
  error.cause.headers?.['idempotent-replayed'] === 'true'

/** What Stripe has made in spite of the failure it answered with; throws the failure where that can't be found. */
export const lookUp = async <T>(failure: unknown, find: () => Promise<T | undefined>): Promise<T> => {
  const found = isServerError(failure) ? await find().catch(() => undefined) : undefined
  if (found === undefined) throw failure
  return found
}

/** Throws what a second request failed with: that it was not made, or was refused, says nothing of what the first did. */
export const onceAsked = (error: unknown): never => {
  if (!(error instanceof CallNotMade) && !isRefusal(error)) throw error
  throw new OutcomeUnknown(`It is not known what Stripe did: ${error.message}`, { cause: error })
}

/** What an error of the SDK says about the request: a refusal as it came, or CallNotMade, or OutcomeUnknown. */
export const toCallError = (error: unknown): Error => {
  const { errors } = Stripe
  if (isRefusal(error)) return error
  if (error instanceof errors.StripeIdempotencyError) {
    return new Error(`One key was used for two different requests to Stripe: ${error.message}`, {
      cause: error,
    })
  }
  if (error instanceof errors.StripeAuthenticationError || error instanceof errors.StripePermissionError) {
    const advice = 'see that STRIPE_API_KEY is a key of this account with the rights to charge and to refund'
    return new CallNotMade(`Stripe refuses the key (${error.message}): ${advice}.`, { cause: error })
  }
  if (error instanceof errors.StripeRateLimitError) {
    return new CallNotMade('Stripe takes no more requests now.', { cause: error })
  }
  if (error instanceof errors.StripeConnectionError && isUnreached(error.detail)) {
    return new CallNotMade('Stripe can not be reached: see that STRIPE_API_URL is right and that it runs.', {
      cause: error,
    })
  }
  const reason = messageOf(error)
  return new OutcomeUnknown(`Stripe gave no usable answer (${reason}).`, { cause: error })
}

/** A connection that could not be made or that broke. */
class ConnectionFailed extends Error {
  override readonly name = 'ConnectionFailed'
}

/**
 * n.b. the SDK repeats a request on a closed connection even where it is told to repeat none, and then tells of the
 * second attempt alone: its "connection refused" would hide that the first one may have been carried out.
 */
const withoutHiddenRetry = (client: Stripe.HttpClient): Stripe.HttpClient => ({
  getClientName: () => client.getClientName(),
  makeRequest: (...request) =>
    client.makeRequest(...request).catch((cause: unknown) => {
      throw new ConnectionFailed(messageOf(cause), { cause })
    }),
})

const unreached = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/

const isUnreached = (detail: unknown): boolean => {
  return detail instanceof ConnectionFailed && unreached.test(codeOf(detail.cause))
}
