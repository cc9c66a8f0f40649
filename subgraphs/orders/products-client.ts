import type { IdentitySigner } from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Pool } from 'undici'
import { z } from 'zod'
import type { Offer } from './domain/basket.ts'
import type { Shortage } from './domain/order.ts'

/** What products answers when stock is to be reserved. */
export type Reservation =
  | { readonly kind: 'reserved' }
  | { readonly kind: 'short'; readonly shortages: readonly Shortage[] }
  | { readonly kind: 'released' }

/** The products subgraph, as orders needs it; every call throws ProductsUnavailable where it gets no usable answer. */
export type ProductsClient = {
  /** The products of these ids that can be ordered; unknown and archived ones are left out. */
  readonly loadOffers: (ids: readonly string[]) => Promise<readonly Offer[]>
  /** Takes all lines from stock or none; the same order again changes nothing. */
  readonly reserveStock: (
    orderId: string,
    lines: readonly { readonly productId: string; readonly quantity: number }[],
  ) => Promise<Reservation>
  /** Gives back what the order took, and refuses what it may still ask for; again changes nothing. */
  readonly releaseStock: (orderId: string) => Promise<void>
}

/** Products gave no usable answer within 2.5 s; whether it did what was asked is unknown. */
export class ProductsUnavailable extends Error {
  override readonly name = 'ProductsUnavailable'
}

const reserving = ['stock:reserve']
const timeoutMs = 2_500
const maxResponseBytes = 4 * 1024 * 1024
const connections = 32

/** Calls products over kept-alive connections in the name of the orders service; `url` is its GraphQL endpoint. */
export const createProductsClient = ({
  url,
  identity,
}: {
  readonly url: string
  readonly identity: IdentitySigner
}): ProductsClient & Running => {
  const { origin, pathname, search } = new URL(url)
  const pool = new Pool(origin, { connections, maxResponseSize: maxResponseBytes })

  const send = async (body: string, scopes: readonly string[]): Promise<unknown> => {
    const token = await identity.sign('products', { kind: 'service', name: 'orders', scopes })
    const response = await pool.request({
      method: 'POST',
      path: `${pathname}${search}`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    })
    return response.body.json()
  }

  const ask = async <T>(
    query: string,
    variables: object,
    data: z.ZodType<T>,
    scopes: readonly string[],
  ): Promise<T> => {
    try {
      const answer = envelope.parse(await send(JSON.stringify({ query, variables }), scopes))
      if (answer.errors !== undefined) throw new Error(answer.errors.map(({ message }) => message).join('; '))
      return data.parse(answer.data)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new ProductsUnavailable(
        `Products gave no usable answer (${reason}): see that it runs and that PRODUCTS_URL is its endpoint.`,
        { cause },
      )
    }
  }

  return {
    loadOffers: async ids => {
      if (ids.length === 0) return []
      const representations = ids.map(id => ({ __typename: 'Product', id }))
      const { _entities } = await ask(offersQuery, { representations }, offersData, [])
      return _entities.flatMap(product =>
        product === null || product.archivedAt !== null ? [] : [toOffer(product)],
      )
    },
    reserveStock: async (orderId, lines) => {
      const items = lines.map(({ productId, quantity }) => ({ productId, quantity }))
      const { reserveStock } = await ask(
        reserveMutation,
        { input: { orderId, items } },
        reserveData,
        reserving,
      )
      switch (reserveStock.__typename) {
        case 'ReserveStockSuccess':
          return { kind: 'reserved' }
        case 'StockShortage':
          return { kind: 'short', shortages: reserveStock.items }
        case 'ReservationReleased':
          return { kind: 'released' }
        default:
          return reserveStock satisfies never
      }
    },
    releaseStock: async orderId => {
      await ask(releaseMutation, { input: { orderId } }, releaseData, reserving)
    },
    stop: () => pool.close(),
  }
}

const envelope = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).optional(),
})

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

const reserveMutation = `mutation OrdersReserve($input: ReserveStockInput!) {
  reserveStock(input: $input) {
    __typename
    ... on StockShortage { items { productId requested available } }
  }
}`

const reserveData = z.object({
  reserveStock: z.discriminatedUnion('__typename', [
    z.object({ __typename: z.literal('ReserveStockSuccess') }),
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
