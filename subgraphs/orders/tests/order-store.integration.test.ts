import { countQueries, createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { openOrdersDatabase } from '../database/open.ts'
import { createOrderStore, type DueStep, type Saved } from '../database/order-store.ts'
import type { StepResult } from '../domain/next-step.ts'
import { cancelOrder, system } from '../domain/order.ts'
import { requestRefund } from '../domain/refund.ts'
import { address } from './orders-under-test.ts'

const queries = countQueries()

const { database, stop } = await startAll(async use => {
  const testDatabase = await createTestDatabase()
  use({ stop: testDatabase.drop })
  const database = use(await openOrdersDatabase(testDatabase.url, queries))
  return { database }
})
afterAll(stop)

const store = createOrderStore(database)
const now = new Date()
const line = { productId: uuidv7(), productName: 'Mug', sku: 'MUG', unitPriceMinor: 1_800, quantity: 2 }
const placement = (userId = uuidv7()) => ({
  customerId: userId,
  lines: [line],
  total: { amountMinor: 3_600, currency: 'EUR' },
  shippingAddress: { ...address, line2: null },
  paymentMethod: 'pm_card_visa',
  key: { userId, key: 'k', operation: 'placeOrder', inputHash: 'h' } as const,
})

const dueOf = (result: Saved | { readonly kind: string } | 'stale'): DueStep => {
  if (typeof result === 'string' || !('due' in result) || result.due === null) {
    throw new Error(`Nothing is due: ${JSON.stringify(result)}`)
  }
  return result.due
}
const place = async () => dueOf(await store.insert(placement(), now))
const paidFor: readonly StepResult[] = [
  { step: 'RESERVE_STOCK', kind: 'reserved' },
  { step: 'AUTHORIZE_PAYMENT', kind: 'authorized', paymentId: '' },
  { step: 'COMMIT_STOCK', kind: 'committed' },
  { step: 'CAPTURE_PAYMENT', kind: 'captured' },
]
const confirm = async (due: DueStep): Promise<void> => {
  for (let index = 0, next: DueStep | null = due; next !== null; index += 1) {
    const answer = paidFor[index]
    if (answer === undefined) throw new Error('The order needs more steps than it has.')
    const named = 'paymentId' in answer ? { ...answer, paymentId: `pi_${due.order.id}` } : answer
    const result: Saved | 'stale' = await store.saveResult(next, named, now)
    next = result === 'stale' ? null : result.due
  }
}
const firstWords = (sql: string): string =>
  (/^\s*(insert into "?\w+|\w+ \w+)/i.exec(sql)?.[1] ?? sql).toLowerCase().replace('"', '')
const rowOf = async (orderId: string) => {
  const [row] = await database.query(
    'select status, version, step, step_attempts, fence, refunded_minor::int from orders where id = $1',
    [orderId],
  )
  return row
}
const refundsOf = (orderId: string) =>
  database.query(
    'select amount_minor::int, state, failure, actor_kind from refunds where order_id = $1 order by requested_at, id',
    [orderId],
  )
const letAllBeDue = () => database.query('update orders set step_due_at = now() where step is not null')
const claim = async (orderId: string): Promise<DueStep> => {
  await letAllBeDue()
  const due = (await store.claimDueSteps(100)).find(({ order }) => order.id === orderId)
  if (due === undefined) throw new Error(`Nothing is due of order ${orderId}.`)
  return due
}
const secondsUntilDue = async (orderId: string): Promise<number> => {
  const [row] = await database.query(
    'select extract(epoch from step_due_at - now())::float8 as seconds from orders where id = $1',
    [orderId],
  )
  return row.seconds
}
const cancel = (orderId: string) =>
  store.update(orderId, order => cancelOrder(order, { reason: null, actor: system }, now), { now })

describe('the steps that are due', () => {
  it('are leased to one sweeper each, however many ask at once, and to none before the lease is over', async () => {
    const placed = await Promise.all(Array.from({ length: 60 }, place))
    expect(await store.claimDueSteps(100)).toEqual([])
    await letAllBeDue()
    const claims = await Promise.all(Array.from({ length: 30 }, () => store.claimDueSteps(10)))
    const claimed = claims.flat().map(({ order }) => order.id)
    expect(claimed.toSorted()).toEqual(placed.map(({ order }) => order.id).toSorted())
    expect(claims.every(steps => steps.length <= 10)).toBe(true)
    expect(await store.claimDueSteps(100)).toEqual([])
  })

  it('are claimed although the row of another order is not as this release expects', async () => {
    const [strange, placed] = [await place(), await place()]
    await database.query(`update orders set tracking = '{"droneId": 7}' where id = $1`, [strange.order.id])
    await letAllBeDue()
    const unreadable: string[] = []
    const due = await store.claimDueSteps(100, orderId => unreadable.push(orderId))
    expect(due.map(({ order }) => order.id)).toContain(placed.order.id)
    expect(unreadable).toEqual([strange.order.id])
    await database.query('update orders set tracking = null where id = $1', [strange.order.id])
  })

  it('come with all that performing them takes, as they came from placing', async () => {
    const placed = await place()
    await letAllBeDue()
    const due = (await store.claimDueSteps(100)).find(({ order }) => order.id === placed.order.id)
    expect(due).toEqual({ ...placed, fence: 2, isFirstAttempt: false })
  })

  it('are due again later with each failure, up to 10 s', async () => {
    const due = await place()
    const delays: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await store.postpone(due, { wasMade: true })
      delays.push(Math.round((await secondsUntilDue(due.order.id)) * 2) / 2)
    }
    expect(delays).toEqual([0.5, 1, 2, 4, 8, 10, 10, 10])
  })

  it('are due again after a second, however often a service that is away was not even asked', async () => {
    const due = await place()
    for (let attempt = 0; attempt < 8; attempt += 1) await store.postpone(due, { wasMade: false })
    expect(await secondsUntilDue(due.order.id)).toBeCloseTo(1, 0)
    await store.postpone(due, { wasMade: true })
    expect(await secondsUntilDue(due.order.id)).toBeLessThan(1)
  })

  it('are leased for longer with each claim, up to 24 s, so that one that takes long is done in the end', async () => {
    const { order } = await place()
    const leases = [await secondsUntilDue(order.id)]
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await claim(order.id)
      leases.push(await secondsUntilDue(order.id))
    }
    expect(leases.map(Math.round)).toEqual([6, 12, 18, 24, 24])
  })
})

describe('a checkout', () => {
  it('costs a statement for each time that it is written, and no transaction beside', async () => {
    queries.reset()
    await confirm(await place())
    expect(queries.statements().map(firstWords)).toEqual([
      'with claimed',
      ...['update orders', 'update orders', 'update orders'],
      'with saved',
    ])
  })
})

describe('who has lost the order', () => {
  it('writes no result of a step, and delays nobody', async () => {
    const lost = await place()
    await letAllBeDue()
    await store.claimDueSteps(100)
    const before = await rowOf(lost.order.id)
    const answer = { step: 'RESERVE_STOCK', kind: 'reserved' } as const
    expect(await store.saveResult(lost, answer, now)).toBe('stale')
    expect(await store.saveResult(lost, { step: 'RESERVE_STOCK', kind: 'notExecuted' }, now)).toBe('stale')
    expect(await store.giveUp(lost, now)).toBe('stale')
    await store.postpone(lost, { wasMade: true })
    expect(await rowOf(lost.order.id)).toEqual(before)
  })

  it('is whoever drove it when it is cancelled', async () => {
    const lost = await place()
    const cancelled = dueOf(await cancel(lost.order.id))
    expect(cancelled).toMatchObject({ step: 'RETURN_STOCK', fence: 2 })
    expect(await store.saveResult(lost, { step: 'RESERVE_STOCK', kind: 'reserved' }, now)).toBe('stale')
    const returned = { step: 'RETURN_STOCK', kind: 'returned' } as const
    expect(await store.saveResult(cancelled, returned, now)).toMatchObject({ due: null })
    expect(await rowOf(lost.order.id)).toMatchObject({ status: 'CANCELLED', version: 2, step: null })
  })
})

describe('one idempotency key', () => {
  it('is taken by one of many orders that are placed at once, and the others leave nothing', async () => {
    const same = placement()
    const results = await Promise.all(Array.from({ length: 10 }, () => store.insert(same, now)))
    const [first, ...others] = results.filter(({ kind }) => kind === 'saved')
    expect(others).toEqual([])
    const orderId = dueOf(first ?? 'stale').order.id
    for (const result of results.filter(({ kind }) => kind === 'replayed')) {
      expect(result).toMatchObject({ known: { operation: 'placeOrder', inputHash: 'h', orderId } })
    }
    const counts = await database.query(
      `select (select count(*)::int from orders where customer_id = $1) as orders,
         (select count(*)::int from outbox where envelope -> 'data' ->> 'customerId' = $1::text) as events`,
      [same.customerId],
    )
    expect(counts).toEqual([{ orders: 1, events: 1 }])
  })

  it('is free again once its order was turned away because a service was away', async () => {
    const same = placement()
    const due = dueOf(await store.insert(same, now))
    await store.saveResult(due, { step: 'RESERVE_STOCK', kind: 'notExecuted' }, now)
    expect(await rowOf(due.order.id)).toMatchObject({ status: 'REJECTED', step: null })
    expect(dueOf(await store.insert(same, now)).order.id).not.toBe(due.order.id)
  })

  it('is not taken by a command that changes nothing, and gives back what the first has left', async () => {
    const due = await place()
    const key = { userId: uuidv7(), key: 'k', operation: 'cancelOrder', inputHash: 'h' } as const
    const nothing = { kind: 'illegal' } as const
    expect(await store.update(due.order.id, () => nothing, { key, now })).toBe(nothing)
    const cancelWithKey = () =>
      store.update(due.order.id, order => cancelOrder(order, { reason: null, actor: system }, now), {
        key,
        now,
      })
    expect(await cancelWithKey()).toMatchObject({ kind: 'saved' })
    expect(await cancelWithKey()).toMatchObject({ kind: 'replayed', known: { orderId: due.order.id } })
  })
})

describe('the refunds of an order', () => {
  const request = (orderId: string) =>
    store.update(
      orderId,
      (order, { lines, refunded }) =>
        requestRefund(order, lines, refunded, {
          id: uuidv7(),
          items: [{ productId: line.productId, quantity: 1 }],
          reason: 'chipped',
          actor: system,
        }),
      { now },
    )

  it('are PENDING until their outcome is written, and add up to what was returned', async () => {
    const due = await place()
    const orderId = due.order.id
    await confirm(due)
    const failing = await request(orderId)
    expect(await refundsOf(orderId)).toMatchObject([{ amount_minor: 1_800, state: 'PENDING' }])
    const failed = { step: 'REFUND', kind: 'failed', reason: 'expired_or_canceled_card' } as const
    await store.saveResult(dueOf(failing), failed, now)
    await request(orderId)
    await letAllBeDue()
    const claimed = (await store.claimDueSteps(100)).find(({ order }) => order.id === orderId)
    expect(claimed?.order.pendingRefund).toMatchObject({ amountMinor: 1_800, lines: [{ quantity: 1 }] })
    if (claimed !== undefined) await store.saveResult(claimed, { step: 'REFUND', kind: 'refunded' }, now)

    const back = dueOf(await cancel(orderId))
    expect(back).toMatchObject({ step: 'RETURN_PAYMENT', order: { payment: { refundedMinor: 1_800 } } })
    await store.saveResult(back, { step: 'RETURN_PAYMENT', kind: 'refunded' }, now)
    expect(await refundsOf(orderId)).toEqual([
      { amount_minor: 1_800, state: 'FAILED', failure: 'expired_or_canceled_card', actor_kind: 'SYSTEM' },
      { amount_minor: 1_800, state: 'SUCCEEDED', failure: null, actor_kind: 'SYSTEM' },
      { amount_minor: 1_800, state: 'SUCCEEDED', failure: null, actor_kind: 'SYSTEM' },
    ])
    expect(await rowOf(orderId)).toMatchObject({ refunded_minor: 3_600, step: 'RETURN_STOCK' })
  })
})
