import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { openOrdersDatabase } from '../database/open.ts'
import { pastEvents } from '../database/past-events.ts'
import { addDemoOrders } from '../demo/add-demo-orders.ts'
import { playRandomOrders } from './random-orders.ts'

const { database, stop } = await startAll(async use => {
  const testDatabase = await createTestDatabase()
  use({ stop: testDatabase.drop })
  const database = use(await openOrdersDatabase(testDatabase.url))
  return { database }
})
afterAll(stop)

const rows = z.array(z.object({ envelope: z.looseObject({ id: z.string(), type: z.string() }) }))

it('makes every event of an order anew as it was told, whatever happened to the order', async () => {
  await addDemoOrders(database)
  await playRandomOrders(database, [uuidv7(), uuidv7(), uuidv7()], 500)
  const told = rows.parse(
    await database.query(
      `select envelope from outbox order by aggregate_id, (envelope ->> 'version')::integer`,
    ),
  )
  const pages = await Array.fromAsync(pastEvents(database))
  const made = pages.flat()
  const withoutId = (envelope: object) => ({ ...envelope, id: 'any' })
  expect(made.map(withoutId)).toEqual(told.map(({ envelope }) => withoutId(envelope)))
  // n.b. or the random histories would prove little: of 500, about 10 have the rarest
  const count = (type: string) => made.filter(event => event.type === type).length
  for (const type of ['order.confirmed', 'order.cancelled', 'order.refunded', 'order.delivered']) {
    expect(count(type), type).toBeGreaterThan(10)
  }
  const sentBack = made.filter(({ data }) => JSON.stringify(data).includes('REFUND_FAILED'))
  expect(sentBack.length).toBeGreaterThan(0)
})
