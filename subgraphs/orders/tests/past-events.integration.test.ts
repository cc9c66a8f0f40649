import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { addDemoOrders } from '../database/demo.ts'
import { CreateOrders1767571200000 } from '../database/migrations/1767571200000-create-orders.ts'
import { AddPayments1795171200000 } from '../database/migrations/1795171200000-add-payments.ts'
import { pastEvents } from '../database/past-events.ts'
import { tables } from '../database/tables.ts'
import { playRandomOrders } from './random-orders.ts'

const { dataSource, stop } = await startAll(async use => {
  const database = await createTestDatabase()
  use({ stop: database.drop })
  const dataSource = await openDatabase({
    service: 'orders',
    url: database.url,
    tables,
    migrations: [...messagingMigrations, CreateOrders1767571200000, AddPayments1795171200000],
  })
  use({ stop: () => dataSource.destroy() })
  return { dataSource }
})
afterAll(stop)

const rows = z.array(z.object({ envelope: z.looseObject({ id: z.string(), type: z.string() }) }))

it('makes every event of an order anew as it was told, whatever happened to the order', async () => {
  await addDemoOrders(dataSource)
  await playRandomOrders(dataSource, [uuidv7(), uuidv7(), uuidv7()], 250)
  const told = rows.parse(
    await dataSource.query(
      `select envelope from outbox order by aggregate_id, (envelope ->> 'version')::integer`,
    ),
  )
  const pages = await Array.fromAsync(pastEvents(dataSource))
  const made = pages.flat()
  const withoutId = (envelope: object) => ({ ...envelope, id: 'any' })
  expect(made.map(withoutId)).toEqual(told.map(({ envelope }) => withoutId(envelope)))
  // n.b. or the random histories would prove little
  const count = (type: string) => made.filter(event => event.type === type).length
  for (const type of ['order.confirmed', 'order.cancelled', 'order.refunded', 'order.delivered']) {
    expect(count(type), type).toBeGreaterThan(10)
  }
})
