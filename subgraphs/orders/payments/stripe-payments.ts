import { toUnits } from '@supergraph/money/stripe-units.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type Stripe from 'stripe'
import { OutcomeUnknown } from '../remote-calls.ts'
import type { Authorization, Charge, GivenBack, Payments, UnwantedCharge } from './payments.ts'
import { whyUneven, whyUnpayable } from './stripe-amounts.ts'
import {
  createStripeClient,
  isOfFirstRequest,
  isServerError,
  isStripeRefusal,
  lookUp,
  onceAsked,
  type StripeClient,
} from './stripe-client.ts'
import { disputesOf } from './stripe-disputes.ts'
import { eventsOf } from './stripe-events.ts'
import { refundPart, refundRest, refundsOf } from './stripe-refunds.ts'

/** n.b. an authorization is requested within 30 minutes of its order, and Stripe's search finds it minutes later. */
const findableAfterMs = 45 * 60_000

/**
 * Pays through Stripe, or through a server that speaks its API, at `apiUrl`; a customer who has approved a payment there comes
 * back to the page of the order at `shopUrl`.
 */
export const createStripePayments = ({
  apiKey,
  apiUrl,
  shopUrl,
  logger,
}: {
  readonly apiKey: string
  readonly apiUrl: string
  readonly shopUrl: string
  readonly logger: Logger
}): Payments => {
  const client: Client = { ...createStripeClient({ apiKey, apiUrl }), logger, shopUrl }
  return {
    isAvailable: client.isAvailable,
    whyUnpayable,
    whyUnrefundable: whyUneven,
    authorize: payment => authorize(client, payment),
    look: paymentId => look(client, paymentId),
    capture: ({ paymentId }) => capture(client, paymentId),
    giveBack: ({ paymentId, ...payment }) =>
      paymentId === null ? giveBackUnknown(client, payment) : giveBack(client, { ...payment, paymentId }),
    refund: refund => refundPart(client, refund),
    refundsOf: (paymentId, currency) => refundsOf(client, paymentId, currency),
    disputesOf: (paymentId, currency) => disputesOf(client, paymentId, currency),
    events: span => eventsOf(client, span),
    stop: client.stop,
  }
}

type Client = StripeClient & { readonly logger: Logger; readonly shopUrl: string }

const authorize = async (client: Client, payment: Charge): Promise<Authorization> => {
  const { orderId, amount, method } = payment
  try {
    const intent = await client.ask((stripe, options) =>
      stripe.paymentIntents.create(
        {
          amount: toUnits(amount),
          currency: amount.currency.toLowerCase(),
          payment_method: method,
          allowed_payment_method_types: ['card'],
          capture_method: 'manual',
          confirm: true,
          return_url: `${client.shopUrl.replace(/\/$/, '')}/orders/${orderId}`,
          metadata: { order_id: orderId },
        },
        { ...options, idempotencyKey: `order:${orderId}:authorize` },
      ),
    )
    return toAuthorization(intent)
  } catch (error) {
    if (!isStripeRefusal(error))
      return toAuthorization(await lookUp(error, () => findSamePayment(client, payment)))
    // n.b. the SDK makes '' of a missing decline code
    const reason = error.decline_code || error.code || error.rawType || 'refused'
    // n.b. a customer may give an unknown method; any other invalid request is a mistake of this service
    if (error.rawType !== 'card_error' && error.param !== 'payment_method') {
      client.logger.warn({ orderId, code: reason, param: error.param }, 'Stripe finds a payment invalid')
    }
    return { kind: 'declined', reason, paymentId: error.payment_intent?.id ?? null }
  }
}

const look = async (client: StripeClient, paymentId: string): Promise<Authorization> =>
  toAuthorization(
    await client.ask((stripe, options) => stripe.paymentIntents.retrieve(paymentId, {}, options)),
  )

const toAuthorization = ({
  id,
  status,
  client_secret: clientSecret,
  next_action: next,
  last_payment_error: refusal,
}: Stripe.PaymentIntent): Authorization => {
  switch (status) {
    case 'requires_capture':
    case 'succeeded':
      return { kind: 'authorized', paymentId: id }
    case 'requires_action': {
      if (clientSecret === null) throw new OutcomeUnknown(`Payment ${id} came without its client secret.`)
      const redirectUrl = next?.redirect_to_url?.url ?? null
      return { kind: 'waiting', paymentId: id, action: { clientSecret, redirectUrl } }
    }
    case 'processing':
      return { kind: 'waiting', paymentId: id, action: null }
    case 'requires_payment_method':
      return {
        kind: 'declined',
        reason: refusal?.decline_code ?? refusal?.code ?? 'card_declined',
        paymentId: id,
      }
    case 'canceled':
      return { kind: 'declined', reason: 'canceled', paymentId: id }
    default:
      throw new OutcomeUnknown(`Payment ${id} is ${status} at Stripe.`)
  }
}

/** The order's payment that is authorized or charged; otherwise any payment that was tried. */
const findPayment = async (
  client: StripeClient,
  orderId: string,
): Promise<Stripe.PaymentIntent | undefined> => {
  const { data } = await client.ask((stripe, options) =>
    stripe.paymentIntents.search({ query: `metadata["order_id"]:"${orderId}"` }, options),
  )
  return data.find(mayHoldMoney) ?? data[0]
}

const findSamePayment = async (
  client: StripeClient,
  { orderId, amount }: Charge,
): Promise<Stripe.PaymentIntent | undefined> => {
  const found = await findPayment(client, orderId)
  const isSame = found?.amount === toUnits(amount) && found.currency === amount.currency.toLowerCase()
  return isSame ? found : undefined
}

const mayHoldMoney = ({ status }: Stripe.PaymentIntent): boolean =>
  status === 'succeeded' ||
  status === 'requires_capture' ||
  status === 'requires_action' ||
  status === 'processing'

const capture = async (
  client: StripeClient,
  paymentId: string,
): Promise<'captured' | 'lapsed' | 'undecided'> => {
  // n.b. without an idempotency key: Stripe charges a payment once anyway, and would repeat a server error for a day
  const { status } = await client
    .ask((stripe, options) => stripe.paymentIntents.capture(paymentId, {}, options))
    .catch(retrieveAfter(client, paymentId))
  switch (status) {
    case 'succeeded':
      return 'captured'
    case 'processing':
      return 'undecided'
    case 'canceled':
    case 'requires_payment_method':
      return 'lapsed'
    default:
      throw new OutcomeUnknown(`Payment ${paymentId} is ${status} at Stripe after it was to be captured.`)
  }
}

/**
 * n.b. the answer to the authorization was lost. The payment is looked up first, since Stripe forgets the authorization's
 * key after a day. A payment that is not found is authorized again under the same key, since the search finds a new
 * payment only after minutes; then it is returned.
 */
const giveBackUnknown = async (
  client: Client,
  payment: Omit<UnwantedCharge, 'paymentId'>,
): Promise<GivenBack> => {
  const search = await findPayment(client, payment.orderId).then(
    found => ({ found }),
    () => undefined,
  )
  if (search?.found !== undefined && mayHoldMoney(search.found)) {
    return giveBack(client, { ...payment, paymentId: search.found.id })
  }
  const isFindable = payment.placedAt.getTime() < Date.now() - findableAfterMs
  const authorization = await authorize(client, payment).catch((error: unknown) => {
    // n.b. the first request failed at Stripe, and a payment that it had made would be found by now
    if (isOfFirstRequest(error) && isFindable && search !== undefined)
      return { kind: 'declined', paymentId: null } as const
    throw error
  })
  return authorization.kind === 'declined'
    ? { kind: 'voided', paymentId: authorization.paymentId }
    : giveBack(client, { ...payment, paymentId: authorization.paymentId }).catch(onceAsked)
}

const giveBack = async (
  client: StripeClient,
  payment: UnwantedCharge & { readonly paymentId: string },
): Promise<GivenBack> => {
  const { paymentId } = payment
  // n.b. without an idempotency key: a payment is voided once anyway, and a key would repeat a server error for a day
  const intent = await client
    .ask((stripe, options) => stripe.paymentIntents.cancel(paymentId, {}, options))
    .catch(retrieveAfter(client, paymentId))
  if (intent.status === 'canceled') return { kind: 'voided', paymentId }
  if (intent.status === 'succeeded') {
    await refundRest(client, payment, intent).catch(onceAsked)
    return { kind: 'refunded', paymentId }
  }
  throw new OutcomeUnknown(`Payment ${paymentId} is ${intent.status} at Stripe after it was to be voided.`)
}

/** The payment after a request to change it was refused or failed at Stripe; throws every other failure. */
const retrieveAfter =
  (client: StripeClient, paymentId: string) =>
  (failure: unknown): Promise<Stripe.PaymentIntent> => {
    if (!isStripeRefusal(failure) && !isServerError(failure)) throw failure
    return client
      .ask((stripe, options) =>
        stripe.paymentIntents.retrieve(paymentId, { expand: ['latest_charge'] }, options),
      )
      .catch(onceAsked)
  }
