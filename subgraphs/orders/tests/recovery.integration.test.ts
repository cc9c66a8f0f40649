import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { customer, startOrdersUnderTest } from './orders-under-test.ts'
import { cancel, placed } from './placing.ts'

const orders = await startOrdersUnderTest()
const { products } = orders
const mug = (available = 100) => products.add({ sku: `MUG-${uuidv7()}`, priceMinor: 1_800, available })

const rowOf = async (orderId: string) => {
  const [row] = await orders.sql<{ status: string; version: number; next_step: string | null }>(
    'select status, version, next_step from orders where id = $1',
    [orderId],
  )
  return row
}
const leaseIsOver = (orderId: string) =>
  orders.sql('update orders set next_step_at = now() where id = $1 and next_step is not null', [orderId])
const settledAs = (orderId: string, status: string, version: number) =>
  vi.waitFor(async () => expect(await rowOf(orderId)).toEqual({ status, version, next_step: null }), {
    timeout: 10_000,
  })

describe('a checkout that was interrupted', () => {
  afterEach(() => products.behave({}))

  it('is PENDING when the answer to reserving was lost, and confirmed later with one reservation', async () => {
    const productId = mug(10)
    products.behave({ reserveStock: 'loseAnswer' })
    const { id, status } = await placed(orders, customer(), [{ productId, quantity: 4 }])
    expect(status).toBe('PENDING')
    expect(products.reservation(id)).toBe('RESERVED')
    products.behave({})
    await leaseIsOver(id)
    await settledAs(id, 'CONFIRMED', 2)
    expect(products.available(productId)).toBe(6)
    await vi.waitFor(() => expect(orders.events(id).map(({ version }) => version)).toEqual([1, 2]), {
      timeout: 5_000,
    })
  })

  it('is finished by the next replay of the request, ahead of the sweeper', async () => {
    const viewer = customer()
    const items = [{ productId: mug(10), quantity: 1 }]
    products.behave({ reserveStock: 'refuse' })
    const pending = await placed(orders, viewer, items, { idempotencyKey: 'retry' })
    products.behave({})
    const confirmed = await placed(orders, viewer, items, { idempotencyKey: 'retry' })
    expect([pending.status, confirmed.status]).toEqual(['PENDING', 'CONFIRMED'])
    expect(confirmed.id).toBe(pending.id)
  })

  it('answers with the PENDING order within about 3 s when products hangs', async () => {
    products.behave({ reserveStock: 'hang' })
    const startedAt = performance.now()
    const { id, status } = await placed(orders, customer(), [{ productId: mug(), quantity: 1 }])
    expect(status).toBe('PENDING')
    expect(performance.now() - startedAt).toBeLessThan(3_500)
    products.behave({})
    await leaseIsOver(id)
    await settledAs(id, 'CONFIRMED', 2)
  })

  it('is finished by a sweeper when its process died right after writing the order', async () => {
    const { id } = await placed(orders, customer(), [{ productId: mug(), quantity: 1 }])
    const productId = mug(5)
    const orphan = uuidv7()
    await orders.sql(
      `with copied as (
         insert into orders (id, number, customer_id, status, currency, total_minor, shipping, version,
           idempotency_key, input_hash, next_step, next_step_at, placed_at)
         select $1, nextval('order_numbers'), customer_id, 'PENDING', currency, total_minor, shipping, 1,
           'orphan', input_hash, 'RESERVE', now(), placed_at
         from orders where id = $2 returning id, placed_at
       ), items as (
         insert into order_items select copied.id, 0, $3, 'Mug', 'MUG', 1800, 2 from copied
       )
       insert into order_changes select id, 1, 'PENDING', placed_at from copied`,
      [orphan, id, productId],
    )
    await settledAs(orphan, 'CONFIRMED', 2)
    expect(products.available(productId)).toBe(3)
  })

  it('performs each due step once when two processes sweep', async () => {
    await orders.start()
    const productId = mug(100)
    products.behave({ reserveStock: 'refuse' })
    const pending = await Promise.all(
      Array.from({ length: 30 }, () => placed(orders, customer(), [{ productId, quantity: 1 }])),
    )
    products.behave({})
    const before = products.calls('reserveStock')
    await orders.sql('update orders set next_step_at = now() where next_step is not null')
    for (const { id } of pending) await settledAs(id, 'CONFIRMED', 2)
    expect(products.calls('reserveStock') - before).toBe(30)
    expect(products.available(productId)).toBe(70)
  })

  it('is repeated after a growing delay while products stays away', async () => {
    products.behave({ reserveStock: 'refuse' })
    const { id } = await placed(orders, customer(), [{ productId: mug(), quantity: 1 }])
    const delays: number[] = []
    for (const attempt of [1, 2, 3]) {
      await leaseIsOver(id)
      await vi.waitFor(
        async () => {
          const [row] = await orders.sql<{ attempts: number; delay: number }>(
            `select step_attempts as attempts, extract(epoch from next_step_at - now())::float8 as delay
             from orders where id = $1`,
            [id],
          )
          expect(row?.attempts).toBe(attempt)
          delays.push(row?.delay ?? 0)
        },
        { timeout: 5_000 },
      )
    }
    expect(delays[1]).toBeGreaterThan((delays[0] ?? 0) + 2)
    expect(delays[2]).toBeGreaterThan((delays[1] ?? 0) + 4)
  })

  it.each([
    'actAfter',
    'answerAfter',
  ] as const)('stays cancelled and takes nothing when reserving %s the customer has cancelled', async when => {
    const viewer = customer()
    const productId = mug(5)
    const cancelled = Promise.withResolvers<void>()
    products.behave({
      reserveStock:
        when === 'actAfter' ? { actAfter: cancelled.promise } : { answerAfter: cancelled.promise },
    })
    const before = products.calls('reserveStock')
    const placing = placed(orders, viewer, [{ productId, quantity: 5 }])
    await vi.waitFor(() => expect(products.calls('reserveStock')).toBe(before + 1), { timeout: 2_000 })
    const [row] = await orders.sql<{ id: string }>('select id from orders where customer_id = $1', [
      viewer.id,
    ])
    const orderId = row?.id ?? ''
    await cancel(orders, viewer, orderId)
    cancelled.resolve()
    expect(await placing).toMatchObject({ id: orderId, status: 'CANCELLED', version: 2 })
    await settledAs(orderId, 'CANCELLED', 2)
    expect(products.available(productId)).toBe(5)
    expect(products.reservation(orderId)).toBe('RELEASED')
  })

  it.each([
    'before',
    'after',
  ] as const)('keeps no stock for a REJECTED order when an earlier request reserves %s it is released', async when => {
    const viewer = customer()
    const productId = mug(5)
    const arrives = Promise.withResolvers<void>()
    products.behave({ reserveStock: { actAfter: arrives.promise } })
    const { id, status } = await placed(orders, viewer, [{ productId, quantity: 5 }])
    expect(status).toBe('PENDING')
    products.behave({})
    const other = await placed(orders, viewer, [{ productId, quantity: 1 }])
    await leaseIsOver(id)
    await vi.waitFor(async () => expect(await rowOf(id)).toMatchObject({ status: 'REJECTED' }), {
      timeout: 10_000,
    })
    await cancel(orders, viewer, other.id)
    const acted = products.acts('reserveStock')
    const arrive = async () => {
      arrives.resolve()
      await vi.waitFor(() => expect(products.acts('reserveStock')).toBe(acted + 1))
    }
    if (when === 'before') await arrive()
    await leaseIsOver(id)
    await settledAs(id, 'REJECTED', 2)
    if (when === 'after') await arrive()
    expect(products.available(productId)).toBe(5)
    expect(products.reservation(id)).toBe('RELEASED')
  })

  it('releases the stock of a cancelled order later, when products was away', async () => {
    const viewer = customer()
    const productId = mug(5)
    const { id } = await placed(orders, viewer, [{ productId, quantity: 5 }])
    products.behave({ releaseStock: 'loseAnswer' })
    const answer = await cancel(orders, viewer, id, 'too late')
    expect(answer).toMatchObject({
      __typename: 'CancelOrderSuccess',
      order: { status: 'CANCELLED', version: 3 },
    })
    expect(await rowOf(id)).toMatchObject({ next_step: 'RELEASE' })
    products.behave({})
    await leaseIsOver(id)
    await settledAs(id, 'CANCELLED', 3)
    expect(products.available(productId)).toBe(5)
  })
})
