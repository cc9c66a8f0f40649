import { newSpanId, newTraceId } from '@supergraph/runtime/trace-context.ts'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createGraphQLClient, type GraphQLClient, postGraphQL, signUp } from '../../testbed/graphql-client.ts'
import { readRows } from '../../testbed/rows.ts'
import { placeTracedOrder } from '../traced-order.ts'
import type { TracedShop } from './canaries.ts'

const patient = { timeout: 60_000 }
const view = z.object({
  faults: z.array(z.object({ on: z.string(), kind: z.string() })),
  parts: z.array(z.object({ on: z.string(), reach: z.string() })),
})

/** n.b. to be run while no other suite runs: what is made to fail fails for everybody */
export const describeFaults = (traced: () => TracedShop): void => {
  describe('a fault on purpose', () => {
    let shop: TracedShop
    let consoleUrl: string
    beforeAll(() => {
      shop = traced()
      consoleUrl = shop.system.originOf('console')
    })

    const post = async (path: string, body: object): Promise<void> => {
      const response = await fetch(new URL(path, consoleUrl), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'to prove what happens then', ...body }),
      })
      expect([path, response.status, await response.text()]).toEqual([path, 200, expect.any(String)])
    }
    const readView = async () => {
      const response = await fetch(new URL('/faults', consoleUrl), {
        headers: { accept: 'application/json' },
      })
      return view.parse(await response.json())
    }
    const isKnown = async (on: string) =>
      (await readView()).parts.find(part => part.on === on)?.reach === 'whole'
    /** Begins a fault, and ends it once all processes that it is about have it; at the latest when the test ends. */
    const begin = async (fault: `${string}/${string}`, amount: object = {}) => {
      const [on = ''] = fault.split('/')
      const end = async () => {
        await post(`/faults/${fault}/end`, {})
        await expect.poll(() => isKnown(on), patient).toBe(true)
      }
      onTestFinished(end)
      await post(`/faults/${fault}`, { seconds: 300, ...amount })
      await expect.poll(() => isKnown(on), patient).toBe(true)
      return end
    }

    it('lets a subgraph answer late, as the trace shows', async () => {
      const end = await begin('products/latency', { ms: 1_500 })
      const url = shop.system.urlOf('gateway')
      const query = '{ products(first: 1) { edges { node { name } } } }'
      const traceId = newTraceId()
      const { text } = await postGraphQL(
        url,
        { query },
        { headers: { traceparent: `00-${traceId}-${newSpanId()}-01` } },
      )
      expect(JSON.parse(text).errors).toBeUndefined()
      const fetched = () => {
        const span = shop.spans.trace(traceId).find(({ name }) => name === 'fetch products')
        return span === undefined ? 0 : span.toMs - span.fromMs
      }
      await expect.poll(fetched, patient).toBeGreaterThan(1_490)
      await end()
      const takesMs = async () => {
        const begunMs = performance.now()
        await createGraphQLClient(url).ask(query)
        return performance.now() - begunMs
      }
      await expect.poll(takesMs, patient).toBeLessThan(1_490)
    })

    it('takes a subgraph away: its fields are null, with a typed error, until that ends by itself', async () => {
      await begin('analytics/outage')
      const anyone = createGraphQLClient(shop.system.urlOf('gateway'))
      const ask = () =>
        anyone.ask('{ products(first: 1) { edges { node { name } } } bestSellers(first: 1) { unitsSold } }')
      const { data, errors } = await ask()
      expect(data.products.edges).toHaveLength(1)
      expect(data.bestSellers).toBeNull()
      expect(errors).toMatchObject([
        { extensions: { code: 'SERVICE_UNAVAILABLE', service: 'analytics', retryable: true } },
      ])
      await post('/faults/analytics/outage', { seconds: 1 })
      await expect.poll(async () => (await readView()).faults, patient).toEqual([])
      await expect.poll(async () => (await ask()).errors, patient).toBeUndefined()
    })

    it('delivers each event twice, and the customer is told once', async () => {
      await begin('notifications/double-delivery')
      const customer = await signUp(shop.system.urlOf('gateway'), 'Emmy Noether')
      const traceId = newTraceId()
      const orderId = await order(customer, traceId)
      const isDeliveredTwice = () => {
        const ids = shop.spans
          .trace(traceId)
          .filter(({ name }) => name === 'process notifications.on-order-changed')
          .map(({ attributes }) => attributes['messaging.message.id'])
        return ids.some((id, index) => ids.indexOf(id) !== index)
      }
      await expect.poll(isDeliveredTwice, patient).toBe(true)
      await expect.poll(() => confirmations(customer, orderId), patient).toBe(1)
    })

    it('takes the broker away: events wait in the outbox, and are delivered afterwards', async () => {
      const end = await begin('broker/outage')
      const customer = await signUp(shop.system.urlOf('gateway'), 'Sofja Kowalewskaja')
      const orderId = await order(customer, newTraceId())
      const waiting = async () => {
        const rows = await readRows<{ error: string | null }>(
          shop.system.databaseUrls.orders,
          'select last_error as error from outbox where aggregate_id = $1 and published_at is null',
          [orderId],
        )
        return rows.map(({ error }) => error)
      }
      await expect.poll(waiting, patient).toContainEqual(expect.stringContaining('The broker is away'))
      expect(await confirmations(customer, orderId)).toBe(0)
      await end()
      await expect.poll(() => confirmations(customer, orderId), patient).toBe(1)
      await expect.poll(waiting, patient).toEqual([])
    })

    /** Places an order in a trace, and returns its id. */
    const order = async (customer: GraphQLClient, traceId: string): Promise<string> => {
      const url = shop.system.urlOf('gateway')
      const { data } = await createGraphQLClient(url).ask(
        '{ products(first: 1, filter: { search: "mug", inStock: true }) { edges { node { id } } } }',
      )
      const placed = await placeTracedOrder(url, {
        accessToken: customer.accessToken,
        productId: data.products.edges[0].node.id,
        traceId,
      })
      return placed.order.id
    }

    const confirmations = async (customer: GraphQLClient, orderId: string): Promise<number> => {
      const { data } = await customer.ask(
        '{ me { notifications(first: 100) { edges { node { kind order { id } } } } } }',
      )
      const nodes = z.array(
        z.object({ node: z.object({ kind: z.string(), order: z.object({ id: z.string() }).nullable() }) }),
      )
      return nodes
        .parse(data.me.notifications.edges)
        .filter(({ node }) => node.kind === 'ORDER_CONFIRMED' && node.order?.id === orderId).length
    }
  })
}
