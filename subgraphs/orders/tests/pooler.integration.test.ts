import { afterAll, expect, it, vi } from 'vitest'
import { startPooler, testsPooler } from '../../../testbed/pooler.ts'
import { customer, startOrdersUnderTest } from './orders-under-test.ts'
import { placed } from './placing.ts'

/** n.b. The relay looks by itself every 5 s. */
const wokenWithinMs = 4_000

const startBehindPooler = () =>
  startOrdersUnderTest(async databaseUrl => {
    const pooler = await startPooler(databaseUrl, { default_pool_size: 4 })
    afterAll(pooler.stop)
    return { DATABASE_URL: pooler.url, DATABASE_DIRECT_URL: databaseUrl }
  })
const orders = testsPooler ? await startBehindPooler() : undefined

it.runIf(testsPooler)(
  'confirms orders behind a pooler, and publishes at once what happens to them',
  async () => {
    if (orders === undefined) throw new Error('there is no pooler')
    const productId = orders.products.add({ sku: 'MUG', priceMinor: 1_800, available: 100 })
    // n.b. statements are named from the fifth time on
    const all = await Promise.all(
      Array.from({ length: 12 }, () => placed(orders, customer(), [{ productId, quantity: 1 }])),
    )
    for (const { id, status } of all) {
      expect(status).toBe('CONFIRMED')
      await vi.waitFor(() => expect(orders.events(id).map(({ type }) => type)).toContain('order.confirmed'), {
        timeout: wokenWithinMs,
      })
    }
  },
)
