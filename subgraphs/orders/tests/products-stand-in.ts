import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendGraphQLError, sendJson, startHttp } from '@supergraph/runtime/http.ts'
import { createIdentityVerifier } from '@supergraph/runtime/identity.ts'
import { identityIssuers } from '@supergraph/runtime/identity-keys.ts'
import { readJson } from '@supergraph/runtime/request-body.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { maxRepresentations } from '@supergraph/subgraph/entities.ts'
import { bearerToken } from '@supergraph/subgraph/serve.ts'
import { buildSchema, extendSchema, graphql, parse } from 'graphql'
import { z } from 'zod'

/** A product of the stand-in; every one costs what the test says. */
export type StandInProduct = {
  readonly sku: string
  readonly priceMinor: number
  readonly currency?: string
  readonly available: number
  readonly isArchived?: boolean
}

/**
 * How the stand-in treats a request: as products would, with a 503, as one that comes too late, by acting and losing the
 * answer, not at all, or as products would after a wait before it acts or before it answers.
 */
type Behaviour =
  | 'answer'
  | 'refuse'
  | 'tooLate'
  | 'loseAnswer'
  | 'hang'
  | { readonly actAfter: Promise<void> }
  | { readonly answerAfter: Promise<void> }
type Operation = '_entities' | 'reserveStock' | 'holdStock' | 'commitStock' | 'releaseStock'

const lines = z.array(z.object({ productId: z.string(), quantity: z.int() }))
type Lines = z.output<typeof lines>
const reserveInput = z.object({ input: z.object({ orderId: z.string(), items: lines }) })
const holdInput = z.object({ input: z.object({ orderId: z.string(), prolong: z.boolean() }) })
const orderInput = z.object({ input: z.object({ orderId: z.string() }) })
const entitiesInput = z.object({
  representations: z.array(z.object({ id: z.string() })).max(maxRepresentations),
})
const body = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()) })

// n.b. requests are checked against the contract that the real products keeps
const supergraph = new URL(import.meta.resolve('@supergraph/schema/supergraph.graphql'))
const schema = extendSchema(
  buildSchema(readFileSync(supergraph, 'utf8')),
  parse(`
    scalar _Any
    union _Entity = Product
    extend type Query { _entities(representations: [_Any!]!): [_Entity]! }`),
)

/** Products as orders knows it, over HTTP, for the identity of orders alone. */
export const startProductsStandIn = async (issuers: string) => {
  const verify = createIdentityVerifier('products', identityIssuers.parse(issuers))
  const stock = createStock()
  let behaviours: Partial<Readonly<Record<Operation, Behaviour>>> = {}
  let calls: readonly Operation[] = []
  let acts: readonly Operation[] = []

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const identity = await verify(bearerToken(request)).catch(() => undefined)
    const viewer = identity?.viewer
    if (viewer?.kind !== 'service' || viewer.name !== 'orders') {
      return sendGraphQLError(response, 401, 'UNAUTHENTICATED', 'for orders alone')
    }
    const { query, variables } = body.parse(await readJson(request, 1024 * 1024))
    const operation = operations.find(name => query.includes(`${name}(`))
    if (operation === undefined) throw new Error(`The stand-in does not know ${query}`)
    calls = [...calls, operation]
    const behaviour = behaviours[operation] ?? 'answer'
    if (behaviour === 'hang') return
    if (behaviour === 'refuse') return sendGraphQLError(response, 503, 'UNAVAILABLE', 'away')
    if (behaviour === 'tooLate') return sendGraphQLError(response, 200, 'DEADLINE_EXCEEDED', 'too late')
    if (typeof behaviour === 'object' && 'actAfter' in behaviour) await behaviour.actAfter
    const result = await graphql({
      schema,
      source: query,
      variableValues: variables,
      rootValue: stock.resolvers,
    })
    acts = [...acts, operation]
    if (behaviour === 'loseAnswer') return void response.destroy()
    if (typeof behaviour === 'object' && 'answerAfter' in behaviour) await behaviour.answerAfter
    sendJson(response, 200, result)
  }

  const http = await startHttp(
    (request, response) => {
      answer(request, response).catch((error: unknown) =>
        response.destroy(new Error('failed', { cause: error })),
      )
    },
    { host: '127.0.0.1', port: 0 },
  )
  return {
    url: `http://127.0.0.1:${http.port}/graphql`,
    add: stock.add,
    available: stock.available,
    reservation: stock.reservation,
    /** Ends a reservation, as products does after a while. */
    expire: stock.expire,
    /** How long reservations hold from now on. */
    setTtl: stock.setTtl,
    adjust: stock.adjust,
    /** How often an operation has arrived. */
    calls: (operation: Operation): number => calls.filter(call => call === operation).length,
    /** How often an operation has taken effect, whether or not its answer arrived. */
    acts: (operation: Operation): number => acts.filter(act => act === operation).length,
    behave: (changed: Partial<Readonly<Record<Operation, Behaviour>>>): void => {
      behaviours = changed
    },
    stop: async () => {
      http.server.closeAllConnections()
      await http.stop()
    },
  }
}

const operations = ['_entities', 'reserveStock', 'holdStock', 'commitStock', 'releaseStock'] as const

type Reservation = {
  readonly state: 'RESERVED' | 'COMMITTED' | 'RELEASED' | 'EXPIRED' | 'REFUSED'
  readonly lines: Lines
  readonly refusal?: object
  readonly expiresAt?: Date
  readonly isProlonged?: boolean
}

const createStock = () => {
  const products = new Map<string, StandInProduct>()
  const reservations = new Map<string, Reservation>()

  let ttlMs = 900_000

  const move = (moved: Lines, sign: 1 | -1): void => {
    for (const { productId, quantity } of moved) {
      const product = products.get(productId)
      if (product === undefined) continue
      products.set(productId, { ...product, available: product.available + sign * quantity })
    }
  }
  const take = (orderId: string, lines: Lines, state: Reservation['state'], success: object) => {
    const short = lines
      .map(({ productId, quantity }) => ({
        productId,
        requested: quantity,
        available: products.get(productId)?.available ?? 0,
      }))
      .filter(({ requested, available }) => requested > available)
    if (short.length > 0) {
      const refusal = { __typename: 'StockShortage', message: 'short', items: short }
      reservations.set(orderId, { state: 'REFUSED', lines, refusal })
      return refusal
    }
    move(lines, -1)
    reservations.set(orderId, { state, lines, expiresAt: inTtl() })
    return success
  }
  const released = { __typename: 'ReservationReleased', message: 'released' }

  const inTtl = () => new Date(Date.now() + ttlMs)
  const hold = (orderId: string, prolong: boolean) => {
    const known = reservations.get(orderId)
    if (known === undefined || known.state === 'RELEASED' || known.state === 'REFUSED') return released
    const isLonger = prolong && known.state === 'RESERVED' && known.isProlonged !== true
    if (isLonger) reservations.set(orderId, { ...known, expiresAt: inTtl(), isProlonged: true })
    const { expiresAt = new Date() } = reservations.get(orderId) ?? known
    return { __typename: 'HoldStockSuccess', orderId, expiresAt: expiresAt.toISOString() }
  }

  const reserve = (orderId: string, lines: Lines) => {
    const success = { __typename: 'ReserveStockSuccess', orderId }
    const known = reservations.get(orderId)
    if (known?.state === 'RELEASED') return released
    if (known?.state === 'RESERVED' || known?.state === 'COMMITTED') return success
    if (known?.state === 'REFUSED') return known.refusal
    return take(orderId, lines, 'RESERVED', success)
  }
  const commit = (orderId: string) => {
    const success = { __typename: 'CommitStockSuccess', orderId }
    const known = reservations.get(orderId)
    if (known === undefined || known.state === 'RELEASED') return released
    if (known.state === 'REFUSED') return known.refusal
    if (known.state === 'EXPIRED') return take(orderId, known.lines, 'COMMITTED', success)
    reservations.set(orderId, { ...known, state: 'COMMITTED' })
    return success
  }
  const giveBack = (orderId: string, state: 'RELEASED' | 'EXPIRED'): void => {
    const known = reservations.get(orderId)
    if (known?.state === 'RESERVED' || known?.state === 'COMMITTED') move(known.lines, 1)
    reservations.set(orderId, { state, lines: known?.lines ?? [] })
  }
  const release = (orderId: string) => {
    giveBack(orderId, 'RELEASED')
    return { __typename: 'ReleaseStockSuccess', orderId }
  }

  return {
    /** Adds a product and answers with its id. */
    add: (product: StandInProduct): string => {
      const id = uuidv7()
      products.set(id, product)
      return id
    },
    available: (id: string): number | undefined => products.get(id)?.available,
    /** Takes units away, or adds them. */
    setTtl: (ms: number): void => {
      ttlMs = ms
    },
    adjust: (productId: string, delta: number): void => move([{ productId, quantity: delta }], 1),
    expire: (orderId: string): void => giveBack(orderId, 'EXPIRED'),
    reservation: (orderId: string): Reservation['state'] | undefined => reservations.get(orderId)?.state,
    resolvers: {
      _entities: (args: unknown) =>
        entitiesInput.parse(args).representations.map(({ id }) => toEntity(id, products.get(id))),
      reserveStock: (args: unknown) => {
        const { orderId, items } = reserveInput.parse(args).input
        return reserve(orderId, items)
      },
      holdStock: (args: unknown) => {
        const { orderId, prolong } = holdInput.parse(args).input
        return hold(orderId, prolong)
      },
      commitStock: (args: unknown) => commit(orderInput.parse(args).input.orderId),
      releaseStock: (args: unknown) => release(orderInput.parse(args).input.orderId),
    },
  }
}

const toEntity = (id: string, product: StandInProduct | undefined) =>
  product === undefined
    ? null
    : {
        __typename: 'Product',
        id,
        sku: product.sku,
        name: `The ${product.sku}`,
        price: { amountMinor: product.priceMinor, currency: product.currency ?? 'EUR' },
        archivedAt: product.isArchived ? '2026-02-01T00:00:00.000Z' : null,
      }
