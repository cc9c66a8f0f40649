import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { describe, expect, it } from 'vitest'
import { anonymous, createSystem, customer, staff } from './analytics-under-test.ts'
import { createOrderEvents, productUpdated } from './events.ts'

const summary = `query ($from: Date!, $to: Date!) {
  salesSummary(from: $from, to: $to) {
    from to
    totals { ...figures }
    days { date figures { ...figures } }
    products { product { id } name sku figures { ...figures } }
  }
}
fragment figures on SalesFigures { currency unitsSold unitsReturned soldMinor returnedMinor revenueMinor }`
const march = { from: '2026-03-01', to: '2026-03-31' }
const bestSellers = '{ bestSellers { product { id } name unitsSold } }'

const figures = (unitsSold: number, soldMinor: number, unitsReturned = 0, returnedMinor = 0) => ({
  ...{ currency: 'EUR', unitsSold, soldMinor, unitsReturned, returnedMinor },
  revenueMinor: soldMinor - returnedMinor,
})

describe('the figures', () => {
  it('count each order once, whatever the order and the replica in which its events come, and however often', async () => {
    const { startReplica, sql } = await createSystem()
    const [one, two] = [await startReplica(), await startReplica()]
    const mug = { productId: uuidv7(), quantity: 3, unitPriceMinor: 1_000 }
    const pot = { productId: uuidv7(), quantity: 1, unitPriceMinor: 5_000 }
    const orders = Array.from({ length: 20 }, () => createOrderEvents([mug, pot]))
    const events = orders.flatMap(order => [
      order.refunded('2026-03-04T10:00:00.000Z'),
      order.confirmed('2026-03-01T23:59:59.999Z'),
    ])
    const cancelled = createOrderEvents([pot])
    const rest = [
      cancelled.cancelled('2026-03-02T00:00:00.000Z'),
      cancelled.confirmed('2026-03-01T10:00:00.000Z'),
    ]
    await Promise.all([...events, ...rest].flatMap(event => [one.publish(event), two.publish(event)]))
    // n.b. the inbox forgets an event after some days, and the event must still count only once
    await sql.query('delete from inbox')
    await Promise.all(events.map(event => two.publish(event)))

    const { data } = await one.ask(staff, summary, march)
    expect(data?.salesSummary).toEqual({
      ...march,
      totals: [figures(81, 165_000, 21, 25_000)],
      days: [
        { date: '2026-03-01', figures: figures(81, 165_000) },
        { date: '2026-03-02', figures: figures(0, 0, 1, 5_000) },
        { date: '2026-03-04', figures: figures(0, 0, 20, 20_000) },
      ],
      products: [
        { product: { id: pot.productId }, name: 'Mug', sku: 'MUG', figures: figures(21, 105_000, 1, 5_000) },
        { product: { id: mug.productId }, name: 'Mug', sku: 'MUG', figures: figures(60, 60_000, 20, 20_000) },
      ],
    })
    expect((await two.ask(anonymous, bestSellers)).data?.bestSellers).toEqual([
      { product: { id: mug.productId }, name: 'Mug', unitsSold: 40 },
      { product: { id: pot.productId }, name: 'Mug', unitsSold: 20 },
    ])
  })

  it('take back what they had counted too much before an earlier refund came', async () => {
    const { ask, publish } = await (await createSystem()).startReplica()
    const order = createOrderEvents([{ productId: uuidv7(), quantity: 3, unitPriceMinor: 100 }])
    await publish(order.confirmed('2026-03-01T10:00:00.000Z'))
    await publish(order.refundedInFull('2026-03-03T10:00:00.000Z', 4))
    await publish(order.refunded('2026-03-02T10:00:00.000Z', 3))
    expect((await ask(staff, summary, march)).data?.salesSummary).toMatchObject({
      totals: [figures(3, 300, 3, 300)],
      days: [
        { date: '2026-03-01', figures: figures(3, 300) },
        { date: '2026-03-02', figures: figures(0, 0, 1, 100) },
        { date: '2026-03-03', figures: figures(0, 0, 2, 200) },
      ],
    })
  })

  it('are kept by currency, and add up past what an Int holds', async () => {
    const { ask, publish } = await (await createSystem()).startReplica()
    const productId = uuidv7()
    const at = '2026-03-01T10:00:00.000Z'
    const dear = [{ productId, quantity: 1, unitPriceMinor: 2_000_000_000 }]
    for (const currency of ['GBP', 'EUR', 'EUR']) {
      await publish(createOrderEvents(dear, { currency }).confirmed(at))
    }
    const { data } = await ask(staff, summary, march)
    expect(data?.salesSummary).toMatchObject({
      totals: [figures(2, 4_000_000_000), { ...figures(1, 2_000_000_000), currency: 'GBP' }],
    })
  })

  it('add up to 2^53 - 1, and are refused by name beyond it', async () => {
    const { ask, publish } = await (await createSystem()).startReplica()
    const sell = (unitPriceMinor: number) =>
      publish(
        createOrderEvents([{ productId: uuidv7(), quantity: 1, unitPriceMinor }], {
          currency: 'IDR',
        }).confirmed('2026-03-01T10:00:00.000Z'),
      )
    await sell(Number.MAX_SAFE_INTEGER - 1)
    await sell(1)
    const most = await ask(staff, summary, march)
    expect(most.data?.salesSummary).toMatchObject({ totals: [{ soldMinor: Number.MAX_SAFE_INTEGER }] })
    await sell(2)
    const { errors } = await ask(staff, summary, march)
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('adds up to 9007199254740993 in'),
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })

  it('are of whole UTC days, the first and the last one included', async () => {
    const { ask, publish } = await (await createSystem()).startReplica()
    const line = [{ productId: uuidv7(), quantity: 1, unitPriceMinor: 100 }]
    for (const at of [
      '2026-02-28T23:59:59.999Z',
      '2026-03-01T00:00:00.000Z',
      '2026-03-02T23:59:59.999Z',
      '2026-03-03T00:00:00.000Z',
    ]) {
      await publish(createOrderEvents(line).confirmed(at))
    }
    const { data } = await ask(staff, summary, { from: '2026-03-01', to: '2026-03-02' })
    expect(data?.salesSummary).toMatchObject({ totals: [figures(2, 200)] })
  })
})

describe('names', () => {
  it('are those of the newest version of the catalogue, and until one is known those of the newest order', async () => {
    const { ask, publish } = await (await createSystem()).startReplica()
    const productId = uuidv7()
    const order = () => createOrderEvents([{ productId, quantity: 1, unitPriceMinor: 100 }])
    const name = async () => (await ask(anonymous, '{ bestSellers { name } }')).data?.bestSellers
    await publish(order().confirmed('2026-03-02T10:00:00.000Z', 'Big mug'))
    await publish(order().confirmed('2026-03-01T10:00:00.000Z', 'Mug'))
    expect(await name()).toEqual([{ name: 'Big mug' }])
    await publish(productUpdated(productId, 3, 'Huge mug'))
    await publish(productUpdated(productId, 2, 'Bigger mug'))
    await publish(order().confirmed('2026-03-03T10:00:00.000Z', 'Old mug'))
    expect(await name()).toEqual([{ name: 'Huge mug' }])
  })

  it('of archived products are not among the best sellers', async () => {
    const { ask, publish } = await (await createSystem()).startReplica()
    const productId = uuidv7()
    const order = createOrderEvents([{ productId, quantity: 1, unitPriceMinor: 100 }])
    await publish(order.confirmed('2026-03-02T10:00:00.000Z'))
    await publish(productUpdated(productId, 2, 'Mug', true))
    expect((await ask(anonymous, bestSellers)).data).toEqual({ bestSellers: [] })
    expect((await ask(staff, summary, march)).data?.salesSummary).toMatchObject({
      products: [{ name: 'Mug' }],
    })
  })
})

it('reads the units sold of many products in one statement, 0 for products that are not known', async () => {
  const { ask, publish, queries } = await (await createSystem()).startReplica()
  const lines = [2, 5].map(quantity => ({ productId: uuidv7(), quantity, unitPriceMinor: 100 }))
  await publish(createOrderEvents(lines).confirmed('2026-03-01T10:00:00.000Z'))
  const ids = [...lines.map(({ productId }) => productId.toUpperCase()), uuidv7(), 'no uuid']
  queries.reset()
  const { data } = await ask(
    anonymous,
    'query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on Product { id unitsSold } } }',
    { ids: ids.map(id => ({ __typename: 'Product', id })) },
  )
  expect(data?._entities).toEqual(ids.map((id, index) => ({ id, unitsSold: [2, 5, 0, 0][index] })))
  expect(queries.count()).toBe(1)
})

it('shows the summary only to staff, and refuses days and numbers that make no sense', async () => {
  const { ask } = await (await createSystem()).startReplica()
  expect((await ask(anonymous, summary, march)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  expect((await ask(customer, summary, march)).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  for (const days of [
    { from: '2026-03-02', to: '2026-03-01' },
    { from: '2025-01-01', to: '2026-01-02' },
    { from: '2026-02-30', to: '2026-03-01' },
  ]) {
    expect((await ask(staff, summary, days)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  }
  expect((await ask(staff, summary, { from: '2025-01-01', to: '2026-01-01' })).errors).toBeUndefined()
  for (const first of [0, 101]) {
    expect(
      (await ask(anonymous, `{ bestSellers(first: ${first}) { name } }`)).errors?.[0]?.extensions.code,
    ).toBe('BAD_USER_INPUT')
  }
})
