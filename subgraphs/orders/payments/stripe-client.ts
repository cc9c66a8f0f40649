import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { isUnreachable } from '@supergraph/runtime/replicas/unreachable.ts'
import Stripe from 'stripe'
import { CallNotMade, createGuard, OutcomeUnknown } from '../remote-calls.ts'
import { inPaymentSpan } from './payment-span.ts'

/** Stripe's API, with bounds on the calls to it. */
export type StripeClient = ReturnType<typeof createStripeClient>

const timeoutMs = 4_000
const maxInFlight = 32
const maxQueued = 256
// n.b. shorter than servers keep an idle connection, so that few requests meet a connection that is being closed
const idleConnectionMs = 4_000

/** Calls Stripe, or a server that speaks its API, at `apiUrl` over kept-alive connections; `stop` closes them. */
export const createStripeClient = ({
  apiKey,
  apiUrl,
}: {
  readonly apiKey: string
  readonly apiUrl: string
}) => {
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
    /** Sends one request. Throws Stripe's refusal as it came (see isStripeRefusal), otherwise CallNotMade or OutcomeUnknown. */
    ask: <T extends { readonly object: string }>(
      send: (stripe: Stripe, options: Stripe.RequestOptions) => Promise<T>,
    ): Promise<T> =>
      guard.call(async ({ timeoutMs }) => {
        const answer = await send(stripe, { timeout: timeoutMs }).catch((error: unknown) => {
          throw toCallError(error)
        })
        // n.b. the SDK accepts any JSON without an `error` as an answer
        if (typeof answer.object === 'string') return answer
        throw new OutcomeUnknown(
          'What answers is not Stripe: see that STRIPE_API_URL is the address of its API.',
        )
      }),
    isAvailable: guard.isAvailable,
    stop: async () => agent.destroy(),
  }
}

/** Stripe's answer to a request that it does not carry out: a declined card, or an invalid request. */
type StripeRefusal = InstanceType<
  typeof Stripe.errors.StripeCardError | typeof Stripe.errors.StripeInvalidRequestError
>

/** Whether Stripe refused a request; that request charged and returned nothing. */
export const isStripeRefusal = (error: unknown): error is StripeRefusal =>
  error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError

const serverErrorOf = (error: unknown) =>
  error instanceof OutcomeUnknown &&
  error.cause instanceof Stripe.errors.StripeAPIError &&
  error.cause.statusCode !== 409
    ? error.cause
    : undefined

/** Whether Stripe answered that it failed. It repeats this answer for the same key for a day, whatever the request did. */
export const isServerError = (error: unknown): boolean => serverErrorOf(error) !== undefined

/** The request's key has another answer at Stripe: an earlier release, or other settings, made the first request differently. */
class KeyReused extends Error {
  override readonly name = 'KeyReused'
}

/** Whether the answer is that of the first request with this key: Stripe keeps its failure, or the key for another request. */
export const isOfFirstRequest = (error: unknown): boolean =>
  error instanceof KeyReused || serverErrorOf(error)?.headers?.['idempotent-replayed'] === 'true'

/** What a request made although Stripe gives no answer to it; throws the failure if nothing is found. */
export const lookUp = async <T>(failure: unknown, find: () => Promise<T | undefined>): Promise<T> => {
  const isLost = isServerError(failure) || failure instanceof KeyReused
  const found = isLost ? await find().catch(() => undefined) : undefined
  if (found === undefined) throw failure
  return found
}

/** Throws the failure of a second request; CallNotMade or a refusal becomes OutcomeUnknown, as the first may have been carried out. */
export const onceAsked = (error: unknown): never => {
  if (!(error instanceof CallNotMade) && !isStripeRefusal(error)) throw error
  throw new OutcomeUnknown(`It is not known what Stripe did: ${error.message}`, { cause: error })
}

const isUnsent = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeConnectionError &&
  error.detail instanceof ConnectionFailed &&
  isUnreachable(error.detail.cause)

/** What an error of the SDK says about the request: a refusal as it came, or CallNotMade, or OutcomeUnknown. */
const toCallError = (error: unknown): Error => {
  const { errors } = Stripe
  if (isStripeRefusal(error)) return error
  if (error instanceof errors.StripeIdempotencyError) {
    return new KeyReused(`One key was used for two different requests to Stripe: ${error.message}`, {
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
  if (isUnsent(error)) {
    return new CallNotMade('Stripe can not be reached: see that STRIPE_API_URL is right and that it runs.', {
      cause: error,
    })
  }
  return new OutcomeUnknown(`Stripe gave no usable answer (${messageOf(error)}).`, { cause: error })
}

/** A connection that could not be made or that broke. */
class ConnectionFailed extends Error {
  override readonly name = 'ConnectionFailed'
}

/**
 * n.b. the SDK repeats a request on a closed connection even if it is told to repeat none, and then reports only the
 * second attempt: its "connection refused" would hide that the first attempt may have been carried out.
 */
const withoutHiddenRetry = (client: Stripe.HttpClient): Stripe.HttpClient => ({
  getClientName: () => client.getClientName(),
  makeRequest: (...request) =>
    inPaymentSpan(request, () =>
      client.makeRequest(...request).catch((cause: unknown) => {
        throw new ConnectionFailed(messageOf(cause), { cause })
      }),
    ),
})
