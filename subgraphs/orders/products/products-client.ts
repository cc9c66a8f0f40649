import { timeoutHeader } from '@supergraph/runtime/deadline.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { IdentitySigner } from '@supergraph/runtime/identity.ts'
import { currentTraceparent, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { maxRepresentations } from '@supergraph/subgraph/entities.ts'
import { Pool } from 'undici'
import { z } from 'zod'
import type { Shortage } from '../domain/order.ts'
import type { Offer } from '../domain/order-line-prices.ts'
import type { Units } from '../domain/refund.ts'
import { type CallLimits, CallNotMade, createGuard, isUnreachable, OutcomeUnknown } from '../remote-calls.ts'

/** The result of a request for stock; `released` if the order has returned its stock, and gets none again. */
type StockResult<Granted extends string> =
  | { readonly kind: Granted }
  | { readonly kind: 'short'; readonly shortages: readonly Shortage[] }
  | { readonly kind: 'released' }

/** The products subgraph, as orders needs it. Every call throws CallNotMade or OutcomeUnknown if it has no answer. */
export type ProductsClient = ReturnType<typeof createProductsClient>

const reserving = ['stock:reserve']
const maxResponseBytes = 4 * 1024 * 1024
const connections = 32
const bounds = { service: 'products', timeoutMs: 2_500, maxInFlight: connections, maxQueued: 1_000 }

/** Calls products over kept-alive connections as the service orders; `url` is its GraphQL endpoint. */
export const createProductsClient = ({
  url,
  identity,
}: {
  readonly url: string
  readonly identity: IdentitySigner
}) => {
  const { origin, pathname, search } = new URL(url)
  const pool = new Pool(origin, { connections, maxResponseSize: maxResponseBytes })
  const guard = createGuard(bounds)

  const send = async (body: string, scopes: readonly string[], limits: CallLimits): Promise<unknown> => {
    const traceparent = currentTraceparent()
    const token = await identity.sign('products', { kind: 'service', name: 'orders', scopes })
    const response = await pool.request({
      method: 'POST',
      path: `${pathname}${search}`,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        [timeoutHeader]: String(limits.timeoutMs),
        ...(traceparent !== undefined && { [traceHeader]: traceparent }),
      },
      body,
      signal: limits.signal,
    })
    return response.body.json()
  }

  const ask = <T>(
    query: string,
    variables: object,
    data: z.ZodType<T>,
    { scopes, deadlineAtMs }: { readonly scopes: readonly string[]; readonly deadlineAtMs?: number },
  ): Promise<T> => {
    const body = JSON.stringify({ query, variables })
    return guard.call(
      limits =>
        send(body, scopes, limits)
          .then(answer => readAnswer(answer, data))
          .catch((cause: unknown) => {
            throw toFailure(cause)
          }),
      { deadlineAtMs },
    )
  }

  const askForStock = async <Granted extends string>(
    granted: Granted,
    mutation: string,
    input: object,
  ): Promise<StockResult<Granted>> => {
    const { result } = await ask(mutation, { input }, stockData, { scopes: reserving })
    switch (result.__typename) {
      case 'StockShortage':
        return { kind: 'short', shortages: result.items }
      case 'ReservationReleased':
        return { kind: 'released' }
      case 'ReserveStockSuccess':
      case 'CommitStockSuccess':
        return { kind: granted }
      default:
        return result satisfies never
    }
  }

  const loadProducts = async (ids: readonly string[], deadlineAtMs: number) => {
    const representations = ids.map(id => ({ __typename: 'Product', id }))
    const load = () => ask(offersQuery, { representations }, offersData, { scopes: [], deadlineAtMs })
    // n.b. a kept-alive connection may break at that moment, so a read is sent a second time
    const { _entities } = await load().catch(load)
    return _entities
  }

  return {
    /** Whether a call would be made now. */
    isAvailable: guard.isAvailable,
    /** The products of these ids that can be ordered; unknown and archived ones are left out. */
    loadOffers: async (ids: readonly string[], deadlineAtMs: number): Promise<readonly Offer[]> => {
      const parts = Array.from({ length: Math.ceil(ids.length / maxRepresentations) }, (_, part) =>
        ids.slice(part * maxRepresentations, (part + 1) * maxRepresentations),
      )
      const products = await Promise.all(parts.map(part => loadProducts(part, deadlineAtMs)))
      return products
        .flat()
        .flatMap(product => (product === null || product.archivedAt !== null ? [] : [toOffer(product)]))
    },
    /** Holds all lines for a while, or none; the same order a second time changes nothing. */
    reserveStock: (orderId: string, lines: readonly Units[]) => {
      const items = lines.map(({ productId, quantity }) => ({ productId, quantity }))
      return askForStock('reserved', reserveMutation, { orderId, items })
    },
    /** Takes what the order holds, or has held until the reservation expired; a second time changes nothing. */
    commitStock: (orderId: string) => askForStock('committed', commitMutation, { orderId }),
    /** Returns what the order holds or took, and refuses its later requests; a second time changes nothing. */
    releaseStock: async (orderId: string): Promise<void> => {
      await ask(releaseMutation, { input: { orderId } }, releaseData, { scopes: reserving })
    },
    stop: () => pool.close(),
  }
}

const envelope = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }).optional() }))
    .optional(),
})

const readAnswer = <T>(answer: unknown, data: z.ZodType<T>): T => {
  const { data: value, errors = [] } = envelope.parse(answer)
  const reason = errors.map(({ message }) => message).join('; ')
  if (errors.some(({ extensions }) => extensions?.code === 'DEADLINE_EXCEEDED')) throw new CallNotMade(reason)
  if (errors.length > 0) throw new Error(reason)
  return data.parse(value)
}

const toFailure = (cause: unknown): CallNotMade | OutcomeUnknown => {
  if (cause instanceof CallNotMade) return cause
  const message = `Products gave no usable answer (${messageOf(cause)}): see that it runs and that PRODUCTS_URL is its endpoint.`
  return isUnreachable(cause) ? new CallNotMade(message, { cause }) : new OutcomeUnknown(message, { cause })
}

const offersQuery = `query OrdersOffers($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Product { id sku name archivedAt price { amountMinor currency } }
  }
}`

const product = z.object({
  id: z.string(),
  sku: z.string(),
  name: z.string(),
  archivedAt: z.string().nullable(),
  price: z.object({ amountMinor: z.int().nonnegative(), currency: z.string() }),
})

const offersData = z.object({ _entities: z.array(product.nullable()) })

const toOffer = ({ id, name, sku, price }: z.output<typeof product>): Offer => ({
  productId: id,
  productName: name,
  sku,
  unitPrice: price,
})

const stockResultFields = '__typename ... on StockShortage { items { productId requested available } }'

const reserveMutation = `mutation OrdersReserve($input: ReserveStockInput!) {
  result: reserveStock(input: $input) { ${stockResultFields} }
}`

const commitMutation = `mutation OrdersCommit($input: CommitStockInput!) {
  result: commitStock(input: $input) { ${stockResultFields} }
}`

const stockData = z.object({
  result: z.discriminatedUnion('__typename', [
    z.object({ __typename: z.enum(['ReserveStockSuccess', 'CommitStockSuccess']) }),
    z.object({
      __typename: z.literal('StockShortage'),
      items: z.array(z.object({ productId: z.string(), requested: z.int(), available: z.int() })),
    }),
    z.object({ __typename: z.literal('ReservationReleased') }),
  ]),
})

const releaseMutation = `mutation OrdersRelease($input: ReleaseStockInput!) {
  releaseStock(input: $input) { __typename }
}`

const releaseData = z.object({
  releaseStock: z.object({ __typename: z.literal('ReleaseStockSuccess') }),
})
