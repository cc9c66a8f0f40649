import { timeoutHeader } from '@supergraph/runtime/deadline.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { IdentitySigner } from '@supergraph/runtime/identity.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { connectToReplicas } from '@supergraph/runtime/replicas/requests.ts'
import { isUnreachable } from '@supergraph/runtime/replicas/unreachable.ts'
import { RetryBudget } from '@supergraph/runtime/retry-budget.ts'
import { currentTraceparent, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { maxRepresentations } from '@supergraph/subgraph/entities.ts'
import { z } from 'zod'
import type { Shortage } from '../domain/order.ts'
import type { Offer } from '../domain/order-line-prices.ts'
import type { Units } from '../domain/refund.ts'
import { type CallLimits, CallNotMade, createGuard, OutcomeUnknown } from '../remote-calls.ts'

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

/**
 * Calls products over kept-alive connections as the service orders; `urls` are the GraphQL endpoints of its replicas, separated
 * by commas.
 */
export const createProductsClient = ({
  urls,
  identity,
  logger,
}: {
  readonly urls: string
  readonly identity: IdentitySigner
  readonly logger: Logger
}) => {
  const connection = connectToReplicas(urls, { service: 'products', connections, maxResponseBytes, logger })
  const guard = createGuard(bounds)
  const retries = new RetryBudget()

  const send = async (body: string, scopes: readonly string[], limits: CallLimits): Promise<unknown> => {
    const traceparent = currentTraceparent()
    const token = await identity.sign('products', { kind: 'service', name: 'orders', scopes })
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      [timeoutHeader]: String(limits.timeoutMs),
      ...(traceparent !== undefined && { [traceHeader]: traceparent }),
    }
    return connection.post({ headers, body, signal: limits.signal }, response => response.body.json())
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
    retries.sent()
    // n.b. a kept-alive connection may break at that moment, so a read is sent a second time
    const { _entities } = await load().catch((error: unknown) => {
      if (!(error instanceof OutcomeUnknown && retries.take())) throw error
      return load()
    })
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
    /** Until when the order holds its lines, which may be past; with `prolong` for the whole time once more, once. */
    holdStock: async (
      orderId: string,
      { prolong }: { readonly prolong: boolean },
    ): Promise<{ readonly kind: 'held'; readonly until: Date } | { readonly kind: 'released' }> => {
      const { result } = await ask(holdMutation, { input: { orderId, prolong } }, holdData, {
        scopes: reserving,
      })
      return result.__typename === 'HoldStockSuccess'
        ? { kind: 'held', until: new Date(result.expiresAt) }
        : { kind: 'released' }
    },
    /** Takes what the order holds, or has held until the reservation expired; a second time changes nothing. */
    commitStock: (orderId: string) => askForStock('committed', commitMutation, { orderId }),
    /** Returns what the order holds or took, and refuses its later requests; a second time changes nothing. */
    releaseStock: async (orderId: string): Promise<void> => {
      await ask(releaseMutation, { input: { orderId } }, releaseData, { scopes: reserving })
    },
    stop: connection.stop,
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

const holdMutation = `mutation OrdersHold($input: HoldStockInput!) {
  result: holdStock(input: $input) { __typename ... on HoldStockSuccess { expiresAt } }
}`

const holdData = z.object({
  result: z.discriminatedUnion('__typename', [
    z.object({ __typename: z.literal('HoldStockSuccess'), expiresAt: z.string() }),
    z.object({ __typename: z.literal('ReservationReleased') }),
  ]),
})

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
