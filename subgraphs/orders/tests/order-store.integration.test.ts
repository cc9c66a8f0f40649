import { countQueries, createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { newSpanId, newTraceId, runInTrace } from '@supergraph/runtime/trace-context.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { openOrdersDatabase } from '../database/open.ts'
import { createOrderStore } from '../database/order-store.ts'
import type { DueStep, Saved } from '../database/stored-order.ts'
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
const reservedStock = { step: 'RESERVE_STOCK', kind: 'reserved' } as const
const authorizedAs = (paymentId: string) =>
  ({ step: 'AUTHORIZE_PAYMENT', kind: 'authorized', paymentId }) as const
const paidFor: readonly StepResult[] = [
  reservedStock,
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
    `select status, version, step, step_attempts, fence, payment_state, refunded_minor::int
     from orders where id = $1`,
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

  it('come with all that performing them takes, as they came from placing, and with its trace', async () => {
    const traceId = newTraceId()
    const placed = await runInTrace(`00-${traceId}-${newSpanId()}-01`, place)
    await letAllBeDue()
    const due = (await store.claimDueSteps(100)).find(({ order }) => order.id === placed.order.id)
    // n.b. by the time that a row is read, the payment may have been asked for
    const { row } = placed
    const payment = { ...placed.order.payment, state: 'ASKED' }
    const order = { ...placed.order, payment }
    const traceparent = expect.stringContaining(traceId)
    // n.b. the second claim has two leases
    const claim = { fence: 2, isFirstAttempt: false, leaseSeconds: 12, traceparent }
    expect(due).toEqual({ ...placed, row, order, ...claim })
  })

  it('are due again later with each failure, up to 10 s', async () => {
    const due = await place()
    const delays: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await store.postpone(due, 'failed')
      delays.push(Math.round((await secondsUntilDue(due.order.id)) * 2) / 2)
    }
    expect(delays).toEqual([0.5, 1, 2, 4, 8, 10, 10, 10])
  })

  it('are due again in an hour if a service has refused', async () => {
    const due = await place()
    await store.postpone(due, 'refused')
    expect(Math.round(await secondsUntilDue(due.order.id))).toBe(3_600)
    expect(await rowOf(due.order.id)).toMatchObject({ step_attempts: 1 })
  })

  it('are due again after a second, however often a service that is away was not even asked', async () => {
    const due = await place()
    for (let attempt = 0; attempt < 8; attempt += 1) await store.postpone(due, 'notMade')
    expect(await secondsUntilDue(due.order.id)).toBeCloseTo(1, 0)
    await store.postpone(due, 'failed')
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
  it('is written when it begins and when it ends, in one statement each', async () => {
    queries.reset()
    await confirm(await place())
    expect(queries.statements().map(firstWords)).toEqual(['with claimed', 'with saved'])
  })

  it('is written with its progress when a step takes long or fails, and goes on from there', async () => {
    const reserved = dueOf(await store.saveResult(await place(), reservedStock, now))
    expect(await rowOf(reserved.order.id)).toMatchObject({ step: 'RESERVE_STOCK', fence: 1 })
    const noted = await store.saveProgress(reserved)
    expect(await rowOf(noted.order.id)).toMatchObject({ step: 'AUTHORIZE_PAYMENT', fence: 2 })
    expect(await store.saveProgress(noted)).toEqual(noted)
    const { order } = dueOf(await store.saveResult(noted, authorizedAs('pi_late'), now))
    await store.postpone({ ...noted, order, step: 'COMMIT_STOCK' }, 'failed')
    expect(await claim(order.id)).toMatchObject({ step: 'COMMIT_STOCK', order: { payment: order.payment } })
  })

  it('stays as it was written if the process learns nothing of the write and postpones the step', async () => {
    const refusing = dueOf(await store.saveResult(await place(), reservedStock, now))
    const away = { step: 'AUTHORIZE_PAYMENT', kind: 'notExecuted' } as const
    await store.saveResult(refusing, away, now)
    const refused = await rowOf(refusing.order.id)
    expect(refused).toMatchObject({ step: 'RETURN_STOCK', payment_state: 'NOT_ASKED' })
    await store.postpone(refusing, 'failed')
    expect(await rowOf(refusing.order.id)).toEqual(refused)
  })

  it('is not confirmed by a process whose progress was written after another had claimed the order', async () => {
    const reserved = dueOf(await store.saveResult(await place(), reservedStock, now))
    await claim(reserved.order.id)
    const lost = await store.saveProgress(reserved)
    expect(lost).toEqual(reserved)
    expect(await rowOf(lost.order.id)).toMatchObject({ step: 'RESERVE_STOCK', fence: 2 })
  })

  it('whose service was away is refused by who asked first, and by nobody who finds its row', async () => {
    const away = { step: 'AUTHORIZE_PAYMENT', kind: 'notExecuted' } as const
    const first = dueOf(await store.saveResult(await place(), reservedStock, now))
    expect(first).toMatchObject({ step: 'AUTHORIZE_PAYMENT', isFirstAttempt: true })
    expect(dueOf(await store.saveResult(first, away, now))).toMatchObject({ step: 'RETURN_STOCK' })
    const placed = await place()
    const found = dueOf(await store.saveResult(await claim(placed.order.id), reservedStock, now))
    expect(found).toMatchObject({ step: 'AUTHORIZE_PAYMENT', isFirstAttempt: false })
  })

  it('that fails before its payment is asked for says so in its row, and says that it is asked for before it is', async () => {
    const placed = await place()
    await store.postpone(placed, 'failed')
    const claimed = await claim(placed.order.id)
    expect(claimed.order.payment.state).toBe('NOT_ASKED')
    await store.saveResult(claimed, reservedStock, now)
    expect(await rowOf(placed.order.id)).toMatchObject({ step: 'AUTHORIZE_PAYMENT', payment_state: 'ASKED' })
  })
})

describe('who has lost the order', () => {
  it('writes no result of a step, and delays nobody', async () => {
    const lost = await place()
    await letAllBeDue()
    await store.claimDueSteps(100)
    const before = await rowOf(lost.order.id)
    const declined = {
      step: 'AUTHORIZE_PAYMENT',
      kind: 'declined',
      reason: 'stolen',
      paymentId: null,
    } as const
    const dueAfter = dueOf(await store.saveResult(lost, reservedStock, now))
    expect(await store.saveResult(dueAfter, declined, now)).toBe('stale')
    expect(await store.saveResult(lost, { step: 'RESERVE_STOCK', kind: 'notExecuted' }, now)).toBe('stale')
    expect(await store.giveUp(lost, now)).toBe('stale')
    await store.postpone(lost, 'failed')
    expect(await rowOf(lost.order.id)).toEqual(before)
  })

  it('is whoever drove it when it is cancelled', async () => {
    const lost = await place()
    const cancelled = dueOf(await cancel(lost.order.id))
    expect(cancelled).toMatchObject({ step: 'RETURN_PAYMENT', fence: 2 })
    expect(await store.saveResult(lost, { step: 'RESERVE_STOCK', kind: 'notExecuted' }, now)).toBe('stale')
    const voided = { step: 'RETURN_PAYMENT', kind: 'voided', paymentId: 'pi_voided' } as const
    const returned = { step: 'RETURN_STOCK', kind: 'returned' } as const
    const due = dueOf(await store.saveResult(cancelled, voided, now))
    expect(await store.saveResult(due, returned, now)).toMatchObject({ due: null })
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
    await store.saveResult(
      back,
      { step: 'RETURN_PAYMENT', kind: 'refunded', paymentId: back.order.payment.id },
      now,
    )
    expect(await refundsOf(orderId)).toEqual([
      { amount_minor: 1_800, state: 'FAILED', failure: 'expired_or_canceled_card', actor_kind: 'SYSTEM' },
      { amount_minor: 1_800, state: 'SUCCEEDED', failure: null, actor_kind: 'SYSTEM' },
      { amount_minor: 1_800, state: 'SUCCEEDED', failure: null, actor_kind: 'SYSTEM' },
    ])
    expect(await rowOf(orderId)).toMatchObject({ refunded_minor: 3_600, step: 'RETURN_STOCK' })
  })
})
