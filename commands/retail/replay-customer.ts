import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { countryCode } from './countries.ts'
import type { CustomerHistory, HistoryEvent, OrderHistory } from './order-history.ts'
import { type FoundProduct, type Shop, signIn } from './shop.ts'
import { createTally } from './tally.ts'

type Order = Extract<HistoryEvent, { kind: 'order' }>
type Cancellation = Extract<HistoryEvent, { kind: 'cancellation' }>

const outOfPatience = 'the shop asked to try again'
const maxTries = 10
const paymentMethod = 'pm_card_visa'

/**
 * Plays customers' histories and counts the outcomes. Every write can be repeated, because it carries the customer's e-mail
 * address, the order's idempotency key or the order's id.
 */
export const createCustomerReplay = ({
  shop,
  products,
  password,
  startedAt,
  history,
}: {
  readonly shop: Shop
  readonly products: ReadonlyMap<string, FoundProduct>
  readonly password: string
  readonly startedAt: Date
  readonly history: OrderHistory
}) => {
  const customers = createTally()
  const refusedCustomers = createTally()
  const orders = createTally()
  const cancellations = createTally()

  const play = async ({ customer, country, events }: CustomerHistory): Promise<void> => {
    const account = { email: `customer-${customer}@example.com`, password }
    const registered = await register(shop, { ...account, name: `Customer ${customer}` })
    const accessToken = registered ?? (await signIn(shop, account))
    if (accessToken === undefined) {
      refusedCustomers.add('account exists with another password')
      history.refusedInvoices.add('customer refused', events.length)
      return
    }
    customers.add(registered === undefined ? 'already registered' : 'registered')
    const orderIds = new Map<string, string>()
    for (const event of events) {
      if (event.kind === 'order') await playOrder(event, { customer, country, accessToken }, orderIds)
      else await playCancellation(event, orderIds.get(event.invoice), accessToken)
    }
  }

  const playOrder = async (
    { invoice, items }: Order,
    {
      customer,
      country,
      accessToken,
    }: { readonly customer: string; readonly country: string; readonly accessToken: string },
    orderIds: Map<string, string>,
  ): Promise<void> => {
    const lines = items.map(({ sku, quantity }) => ({ productId: products.get(sku)?.id, quantity }))
    if (lines.some(({ productId }) => productId === undefined)) {
      history.refusedInvoices.add('product not in the catalogue')
      return
    }
    const result = await placeOrder(shop, accessToken, {
      idempotencyKey: `invoice ${invoice}`,
      items: lines,
      paymentMethod,
      shippingAddress: {
        name: `Customer ${customer}`,
        line1: 'address not in the file',
        city: country,
        postalCode: '-',
        country: countryCode(country),
      },
    })
    if (result.__typename !== 'PlaceOrderSuccess') {
      history.refusedInvoices.add(result.__typename === 'TryAgain' ? outOfPatience : result.__typename)
      return
    }
    orderIds.set(invoice, result.order.id)
    orders.add(result.order.placedAt < startedAt ? 'already placed' : 'placed')
  }

  const playCancellation = async (
    { creditNote }: Cancellation,
    orderId: string | undefined,
    accessToken: string,
  ): Promise<void> => {
    if (orderId === undefined) {
      history.refusedCancellations.add('its order was refused')
      return
    }
    const result = await cancelOrder(shop, accessToken, { orderId, reason: `credit note ${creditNote}` })
    if (result === 'CancelOrderSuccess') cancellations.add('cancelled')
    else history.refusedCancellations.add(result)
  }

  return { play, customers, refusedCustomers, orders, cancellations }
}

const registerData = z.object({
  register: z.object({
    __typename: z.string(),
    accessToken: z.string().optional(),
    message: z.string().optional(),
  }),
})

/** Opens an account and returns its access token; undefined if the e-mail address already has an account. */
const register = async (
  shop: Shop,
  input: { readonly email: string; readonly password: string; readonly name: string },
): Promise<string | undefined> => {
  const { register } = await shop.request(
    registerData,
    `mutation Register($input: RegisterInput!) {
      register(input: $input) { __typename ... on Session { accessToken } ... on Failure { message } }
    }`,
    { input },
  )
  return register.accessToken
}

const placeOrderData = z.object({
  placeOrder: z.union([
    z.object({
      __typename: z.literal('PlaceOrderSuccess'),
      order: z.object({ id: z.string(), placedAt: z.coerce.date() }),
    }),
    z.object({ __typename: z.literal('TryAgain'), retryAfterSeconds: z.number() }),
    z.object({
      __typename: z.enum([
        'OutOfStock',
        'ProductUnavailable',
        'PaymentDeclined',
        'IdempotencyKeyReused',
        'InvalidOrder',
      ]),
    }),
  ]),
})

/** Places an order, and tries again while the shop asks for it. The idempotency key makes this safe. */
const placeOrder = async (shop: Shop, accessToken: string, input: unknown) => {
  for (let tries = 1; ; tries += 1) {
    const { placeOrder } = await shop.request(
      placeOrderData,
      `mutation PlaceOrder($input: PlaceOrderInput!) {
        placeOrder(input: $input) {
          __typename
          ... on PlaceOrderSuccess { order { id placedAt } }
          ... on TryAgain { retryAfterSeconds }
        }
      }`,
      { input },
      accessToken,
    )
    if (placeOrder.__typename !== 'TryAgain' || tries === maxTries) return placeOrder
    await pause(placeOrder.retryAfterSeconds * 1_000)
  }
}

const cancelOrder = async (shop: Shop, accessToken: string, input: unknown): Promise<string> => {
  const { cancelOrder } = await shop.request(
    z.object({ cancelOrder: z.object({ __typename: z.string() }) }),
    'mutation CancelOrder($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }',
    { input },
    accessToken,
  )
  return cancelOrder.__typename
}
