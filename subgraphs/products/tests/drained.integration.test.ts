import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { addProduct, anonymous, startTestProducts, type TestProducts } from './products-under-test.ts'

let products: TestProducts

beforeAll(async () => {
  products = await startTestProducts()
})
afterAll(() => products?.stop())

const connections = 10
const asked = 40
const waitingForLock = `select count(*)::int as count from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`
const readQuery = 'query ($id: ID!) { product(id: $id) { name } }'

/** Runs `work` while reads, each for a caller of its own, wait for a lock on every connection that requests have. */
const whileDrained = async (work: () => Promise<void>, signal?: AbortSignal) => {
  const id = await addProduct(products, 5)
  const token = await products.tokenFor(anonymous)
  const holder = await products.connect()
  await holder.query('begin; lock table products in access exclusive mode')
  products.queries.reset()
  const reads = Array.from({ length: asked }, () =>
    fetch(products.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: readQuery, variables: { id } }),
      ...(signal && { signal }),
    }).catch(String),
  )
  try {
    await vi.waitFor(async () =>
      expect(await products.rows(waitingForLock)).toEqual([{ count: connections }]),
    )
    await work()
  } finally {
    await holder.query('rollback')
    holder.release()
    await Promise.all(reads)
  }
}

it('publishes its events, and says that it is well, while reads hold every connection', async () => {
  const heard: string[] = []
  const listening = await products.transport.listen({
    types: [ProductStockChanged.type],
    handle: ({ id }) => void heard.push(id),
  })
  const [id, productId] = [uuidv7(), uuidv7()]
  const event = ProductStockChanged.create({
    id,
    subject: productId,
    version: 1,
    occurredAt: new Date(),
    data: { productId, sku: 'MUG', available: 1 },
  })
  await whileDrained(async () => {
    await products.rows('insert into outbox (message_id, aggregate_id, envelope) values ($1, $2, $3)', [
      id,
      productId,
      JSON.stringify(event),
    ])
    await vi.waitFor(() => expect(heard).toContain(id), { timeout: 2_000 })
    const health = await fetch(products.url.replace('/graphql', '/health'))
    expect(health.status).toBe(200)
  })
  await listening.stop()
})

it('begins no statement for a caller who has gone while they waited for a connection', async () => {
  const gone = new AbortController()
  await whileDrained(async () => {
    gone.abort()
    // n.b. the service learns that its callers have gone a moment later
    await new Promise(resolve => setTimeout(resolve, 200))
  }, gone.signal)
  await vi.waitFor(async () => expect(await products.rows(waitingForLock)).toEqual([{ count: 0 }]))
  const { status } = await products.ask(anonymous, '{ products(first: 1) { edges { node { id } } } }')
  expect(status).toBe(200)
  expect(products.statements().filter(sql => /from "?products"?/i.test(sql)).length).toBeLessThanOrEqual(
    connections + 2,
  )
})
