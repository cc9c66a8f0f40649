import { z } from 'zod'
import { countryCode } from './countries.ts'
import type { Refusals } from './file/refusals.ts'
import type { FoundProduct } from './find-products.ts'
import type { CustomerHistory, HistoryEvent, HistoryRefusals } from './order-history.ts'
import { openAccount, signIn } from './session.ts'
import { type Access, askPatiently, type Shop } from './shop.ts'
import type { Tally } from './tally.ts'

type Order = Extract<HistoryEvent, { kind: 'order' }>
type Cancellation = Extract<HistoryEvent, { kind: 'cancellation' }>

/** Counts of what came of customers, orders and cancellations. */
export type ReplayOutcome = HistoryRefusals & {
  readonly customers: Tally
  readonly refusedCustomers: Tally
  readonly orders: Tally
  readonly cancellations: Tally
}

/** A customer who is signed in. */
type Buyer = { readonly customer: string; readonly country: string; readonly access: Access }

const outOfPatience = 'the shop asked to try again'
const paymentMethod = 'pm_card_visa'

/**
 * Plays a customer's history, and counts the outcomes. Every write can be repeated, because it carries the customer's e-mail
 * address, the order's idempotency key or the order's id.
 */
export const createCustomerReplay = ({
  shop,
  products,
  password,
  startedAt,
  outcome,
}: {
  readonly shop: Shop
  readonly products: ReadonlyMap<string, FoundProduct>
  readonly password: string
  readonly startedAt: Date
  readonly outcome: ReplayOutcome
}) => {
  const enter = async (customer: string) => {
    const account = { email: `customer-${customer}@example.com`, password }
    const opened = await openAccount(shop, { ...account, name: `Customer ${customer}` })
    const isKnown = '__typename' in opened && opened.__typename === 'EmailTaken'
    const entered = isKnown ? await signIn(shop, account) : opened
    if ('accessToken' in entered) outcome.customers.add(isKnown ? 'already registered' : 'registered')
    return entered
  }

  const playOrder = async (
    { invoice, items, records }: Order,
    { customer, country, access }: Buyer,
    orderIds: Map<string, string>,
  ): Promise<void> => {
    const lines = items.map(({ sku, quantity }) => ({ productId: products.get(sku)?.id, quantity }))
    const unknown = items.find(({ sku }) => !products.has(sku))
    if (unknown !== undefined) {
      outcome.refusedInvoices.refuse(records, 'product not in the catalogue', `Import ${unknown.sku} first.`)
      return
    }
    const result = await placeOrder(shop, access, {
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
    if (result.order === undefined) {
      const reason = result.retryAfterSeconds !== undefined ? outOfPatience : result.__typename
      outcome.refusedInvoices.refuse(records, reason, result.message)
      return
    }
    orderIds.set(invoice, result.order.id)
    outcome.orders.add(result.order.placedAt < startedAt ? 'already placed' : 'placed')
  }

  const playCancellation = async (
    { creditNote, records }: Cancellation,
    orderId: string | undefined,
    access: Access,
  ): Promise<void> => {
    if (orderId === undefined) {
      outcome.refusedCancellations.refuse(records, 'its order was refused')
      return
    }
    const result = await cancelOrder(shop, access, { orderId, reason: `credit note ${creditNote}` })
    if (result.__typename === 'CancelOrderSuccess') outcome.cancellations.add('cancelled')
    else outcome.refusedCancellations.refuse(records, result.__typename, result.message)
  }

  return async ({ customer, country, events }: CustomerHistory): Promise<void> => {
    const access = await enter(customer)
    if (!('accessToken' in access)) {
      outcome.refusedCustomers.add(access.message)
      for (const { kind, records } of events) {
        refusalsOf(outcome, kind).refuse(records, 'customer refused', access.message)
      }
      return
    }
    const orderIds = new Map<string, string>()
    for (const event of events) {
      if (event.kind === 'order') await playOrder(event, { customer, country, access }, orderIds)
      else await playCancellation(event, orderIds.get(event.invoice), access)
    }
  }
}

const refusalsOf = (outcome: ReplayOutcome, kind: HistoryEvent['kind']): Refusals =>
  kind === 'order' ? outcome.refusedInvoices : outcome.refusedCancellations

const outcomeOf = { __typename: z.string(), message: z.string().optional() }

const placeOrderData = z.object({
  placeOrder: z.object({
    ...outcomeOf,
    order: z.object({ id: z.string(), placedAt: z.coerce.date() }).optional(),
    retryAfterSeconds: z.number().optional(),
  }),
})

const cancelOrderData = z.object({ cancelOrder: z.object(outcomeOf) })

/** Places an order, and again while the shop asks for it. The idempotency key makes this safe. */
const placeOrder = (shop: Shop, access: Access, input: unknown) =>
  askPatiently(async () => {
    const { placeOrder } = await shop.request(
      placeOrderData,
      `mutation PlaceOrder($input: PlaceOrderInput!) {
        placeOrder(input: $input) {
          __typename
          ... on PlaceOrderSuccess { order { id placedAt } }
          ... on TryAgain { retryAfterSeconds }
          ... on TooManyAttempts { retryAfterSeconds }
          ... on Failure { message }
        }
      }`,
      { input },
      access,
    )
    return placeOrder
  })

const cancelOrder = async (shop: Shop, access: Access, input: unknown) => {
  const { cancelOrder } = await shop.request(
    cancelOrderData,
    `mutation CancelOrder($input: CancelOrderInput!) {
      cancelOrder(input: $input) { __typename ... on Failure { message } }
    }`,
    { input },
    access,
  )
  return cancelOrder
}
