import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { histories, play } from '../tests/order-stories.ts'
import { catchUp, recoverOrder } from './catch-up.ts'
import type { Elsewhere, MadeRefund, ToldChange } from './elsewhere.ts'
import { applyResult, type StepResult } from './next-step.ts'
import {
  cancelOrder,
  deliverOrder,
  type Order,
  type OrderEvent,
  placeOrder,
  shipOrder,
  system,
} from './order.ts'
import { requestRefund } from './refund.ts'
import { type Dispute, madeAtProvider, type ProviderRefund, settle } from './settlement.ts'

const now = new Date(1_000_000)

/** An order at a moment of its life, with everything that has happened to it. */
type Moment = {
  readonly order: Order
  readonly events: readonly OrderEvent[]
  readonly isDisputed?: boolean
  readonly isLost?: boolean
}

const eventId = (version: number): string => `event ${version}`

const toTold = (event: OrderEvent): ToldChange => ({
  ...{ kind: event.kind, version: event.version, eventId: eventId(event.version), at: event.at },
  reason: event.kind === 'cancelled' ? event.reason : null,
  tracking: event.kind === 'shipped' ? event.tracking : null,
  refundedMinor: event.kind === 'refunded' ? event.refund.amountMinor : null,
})

const stockOf = ({ stock }: Order): Elsewhere['stock'] => {
  const found = { ASKED: 'NONE', RESERVED: 'HELD', COMMITTED: 'TAKEN' } as const
  return stock === 'REFUSED' || stock === 'RETURNED' ? 'RETURNED' : found[stock]
}

const standings: Readonly<
  Record<Order['payment']['state'], NonNullable<Elsewhere['payment']>['standing'] | null>
> = {
  ...{
    NOT_REQUIRED: null,
    NOT_ASKED: null,
    ASKED: null,
    REQUIRES_ACTION: 'RESERVED',
    PROCESSING: 'RESERVED',
  },
  ...{ AUTHORIZED: 'RESERVED', CAPTURED: 'CHARGED', DECLINED: 'DECLINED', VOIDED: 'VOIDED' },
  REFUNDED: 'RETURNED',
}

const refundsOf = (events: readonly OrderEvent[]): readonly MadeRefund[] =>
  events.flatMap(event => {
    if (event.kind !== 'refunded') return []
    const { id, amountMinor, reason } = event.refund
    return [{ id, amountMinor, providerId: reason === madeAtProvider ? `re of ${id}` : null }]
  })

/** What others have of an order at a moment, when its own database is back at an earlier one; all of it if that is null. */
const elsewhereAt = (
  { order, events, isDisputed = false, isLost = false }: Moment,
  restored: Moment | null,
): Elsewhere => {
  const standing = isLost ? 'DECLINED' : standings[order.payment.state]
  const failed = events.flatMap(event => (event.kind === 'paymentChanged' ? (event.refund?.id ?? []) : []))
  const known = [...failed, ...refundsOf(restored?.events ?? []).map(({ id }) => id)]
  return {
    changes: events.map(toTold),
    stock: stockOf(order),
    payment: standing === null ? null : { id: order.payment.id ?? 'pi_1', standing },
    refunds: refundsOf(events).filter(({ id }) => !known.includes(id)),
    isGivenBack: standing === 'RETURNED' && (order.refusal !== null || order.status === 'CANCELLED'),
    isDisputed,
    hasFailedRefund: failed.length > 0,
  }
}

const idsOf = (events: readonly OrderEvent[]) => events.map(({ id, version }) => [version, id])

const idsFrom = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => [first + index, eventId(first + index)])

/** Restores an order to a moment and lets it catch up with a later one; false if it is left to somebody. */
const isCaughtUp = (restored: Moment, later: Moment): boolean => {
  const caught = catchUp(restored.order, elsewhereAt(later, restored), now)
  if (caught.kind === 'unclear') return false
  expect([caught.order.status, caught.order.version]).toEqual([later.order.status, later.order.version])
  expect(idsOf(caught.events)).toEqual(idsFrom(restored.order.version + 1, later.order.version))
  expect(caught.order.payment.refundedMinor).toBeLessThanOrEqual(caught.order.total.amountMinor)
  return true
}

/** Makes an order anew that is lost; false if it is left to somebody. */
const isRecovered = (later: Moment): boolean => {
  const { id, number, customerId, total, placedAt, status, version } = later.order
  const facts = { id, number, customerId, total, placedAt, paymentMethod: 'unknown' }
  const caught = recoverOrder(facts, elsewhereAt(later, null), now)
  if (caught.kind === 'unclear') return false
  const isCalledOff = status === 'PENDING' || status === 'CONFIRMED'
  expect(caught.order.status).toBe(isCalledOff ? 'CANCELLED' : status)
  expect(idsOf(caught.events).slice(0, version)).toEqual(idsFrom(1, version))
  expect(caught.events.slice(version).map(({ kind }) => kind)).toEqual(isCalledOff ? ['cancelled'] : [])
  return true
}

describe('an order whose database was restored, of a random life', () => {
  it('is again what it was, under the ids that were told, or is left to somebody', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(histories, history => {
        const { stories } = play(history)
        for (const [index, later] of stories.entries()) {
          if (later === stories[index - 1]) continue
          if (isRecovered(later)) seen.add(`lost ${later.order.status}`)
          for (const restored of stories.slice(0, index + 1))
            if (isCaughtUp(restored, later)) seen.add(later.order.status)
        }
      }),
      { numRuns: 300, seed: 1 },
    )
    const statuses = ['PENDING', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'SHIPPED', 'DELIVERED', 'REFUNDED']
    expect(seen).toEqual(new Set(statuses.flatMap(status => [status, `lost ${status}`])))
  })
})

const totalMinor = 1_000
const facts = { id: 'o', number: '1', customerId: 'c', paymentMethod: 'pm_card_visa' }
const start: Moment = placeOrder({ ...facts, total: { amountMinor: totalMinor, currency: 'EUR' } }, now)

type Act = (moment: Moment) => Moment

const go = (
  moment: Moment,
  transition: { readonly kind: string; readonly order?: Order; readonly events?: readonly OrderEvent[] },
): Moment => {
  const { kind, order, events = [] } = transition
  if (kind !== 'changed' || order === undefined) throw new Error(`The life can't go on: ${kind}.`)
  return { ...moment, order, events: [...moment.events, ...events] }
}
const answer =
  (result: StepResult): Act =>
  moment =>
    go(moment, applyResult(moment.order, result, now))
const reserve = answer({ step: 'RESERVE_STOCK', kind: 'reserved' })
const authorize = answer({ step: 'AUTHORIZE_PAYMENT', kind: 'authorized', paymentId: 'pi_1' })
const action = { clientSecret: 'secret', redirectUrl: null }
const ask = answer({
  ...{ step: 'AUTHORIZE_PAYMENT', kind: 'waiting', paymentId: 'pi_1', action },
  until: new Date(2_000_000),
})
const approve = answer({ step: 'AWAIT_PAYMENT', kind: 'authorized', paymentId: 'pi_1' })
const commit = answer({ step: 'COMMIT_STOCK', kind: 'committed' })
const capture = answer({ step: 'CAPTURE_PAYMENT', kind: 'captured' })
const giveBack = answer({ step: 'RETURN_PAYMENT', kind: 'refunded', paymentId: 'pi_1' })
const giveStockBack = answer({ step: 'RETURN_STOCK', kind: 'returned' })
const finishRefund = answer({ step: 'REFUND', kind: 'refunded' })
const ship: Act = moment =>
  go(
    moment,
    shipOrder(moment.order, { tracking: { carrier: null, trackingNumber: 'T' }, actor: system }, now),
  )
const deliver: Act = moment => go(moment, deliverOrder(moment.order, { actor: system }, now))
const cancel: Act = moment => go(moment, cancelOrder(moment.order, { reason: null, actor: system }, now))

const lines = [{ productId: 'p', productName: 'Mug', sku: 'M', unitPriceMinor: 500, quantity: 2 }]
const grant =
  (id: string, quantity: number): Act =>
  moment =>
    go(
      moment,
      requestRefund(moment.order, lines, [], {
        ...{ id, items: [{ productId: 'p', quantity }], reason: null, actor: system },
      }),
    )

const settled = (moment: Moment, found: Parameters<typeof settle>[2]): Moment => {
  const refunds = refundsOf(moment.events).map(({ id, amountMinor, providerId }) => ({
    ...{ id, amountMinor, providerId, state: 'SUCCEEDED' as const, isSystems: false },
  }))
  const known = { refunds, disputes: [], statusBefore: 'CONFIRMED' as const, hasFailed: false }
  const { order, events } = settle(moment.order, known, found, { now, idOf: id => id.replace('re of ', '') })
  if (events.length === 0) throw new Error('The life can not go on: nothing is settled.')
  return { ...moment, order, events: [...moment.events, ...events] }
}
const nothing = { isLost: null, refunds: null, disputes: null }
const dispute: Act = moment => {
  const found: Dispute = {
    ...{ id: 'd', status: 'NEEDS_RESPONSE', amountMinor: totalMinor, reason: 'fraudulent' },
    ...{ openedAt: now, respondBy: null },
  }
  return { ...settled(moment, { ...nothing, disputes: [found] }), isDisputed: true }
}
const losePayment: Act = moment => ({ ...settled(moment, { ...nothing, isLost: true }), isLost: true })
const refundInConsole =
  (amountMinor: number): Act =>
  moment => {
    const made = { id: 're of console', refundId: null, isOurs: false, amountMinor, failure: null }
    return settled(moment, { ...nothing, refunds: [{ ...made, state: 'SUCCEEDED' }] })
  }
const sendBack =
  (id: string, amountMinor: number): Act =>
  moment => {
    const made: ProviderRefund = {
      ...{ id: `re of ${id}`, refundId: id, isOurs: true, amountMinor },
      ...{ state: 'FAILED', failure: 'lost_or_stolen_card' },
    }
    return settled(moment, { ...nothing, refunds: [made] })
  }

const paid = [reserve, authorize, commit, capture]

const live = (acts: readonly Act[]): readonly Moment[] => {
  const moments = [start]
  for (const act of acts) moments.push(act(moments.at(-1) ?? start))
  return moments
}

const outcomesOf = (moments: readonly Moment[]): readonly boolean[] =>
  moments.flatMap((later, index) => [
    isRecovered(later),
    ...moments.slice(0, index + 1).map(restored => isCaughtUp(restored, later)),
  ])

const lives: Readonly<Record<string, readonly Act[]>> = {
  'is sent after its customer has approved the payment': [
    reserve,
    ask,
    approve,
    commit,
    capture,
    ship,
    deliver,
  ],
  'is disputed, and sent': [...paid, dispute, ship, deliver],
  'is disputed when it is delivered': [...paid, ship, deliver, dispute],
  'is refunded in part, and sent': [...paid, grant('r1', 1), finishRefund, ship],
  'is refunded in full': [...paid, ship, grant('r1', 2), finishRefund],
  'is refunded twice': [...paid, grant('r1', 1), finishRefund, ship, grant('r2', 1), finishRefund],
  'is refunded in part in the console of the provider, and sent': [...paid, refundInConsole(300), ship],
  'is refunded in full in the console of the provider': [...paid, ship, refundInConsole(totalMinor)],
  'is called off': [...paid, cancel, giveBack, giveStockBack],
  'is called off while a refund is under way': [
    ...[...paid, grant('r1', 1), cancel, finishRefund, giveBack, giveStockBack],
  ],
  'is called off after a refund in part': [
    ...[...paid, grant('r1', 1), finishRefund, cancel, giveBack, giveStockBack],
  ],
}

describe('an order whose database was restored', () => {
  it.each(Object.entries(lives))('is again what it was, if it %s', (_, acts) => {
    expect(outcomesOf(live(acts))).not.toContain(false)
  })

  it('may be left to somebody, but is never called off, if a refund came back or the payment was lost', () => {
    const refunded = [...paid, grant('r1', 2), finishRefund, sendBack('r1', totalMinor), dispute, ship]
    expect(outcomesOf(live(refunded))).toContain(false)
    expect(outcomesOf(live([...paid, ship, losePayment, deliver]))).toContain(false)
  })

  it.each([
    'shipped',
    'delivered',
  ] as const)('is left to somebody if what came before "%s" is unknown', kind => {
    const moments = live([...paid, ship, deliver])
    const later = moments.at(-1) ?? start
    const elsewhere = elsewhereAt(later, null)
    const changes = elsewhere.changes.filter(change => change.kind === kind || change.version === 1)
    for (const { order } of moments.filter(moment => moment.order.version === 1)) {
      expect(catchUp(order, { ...elsewhere, changes }, now).kind).toBe('unclear')
      const lost = { ...facts, total: order.total, placedAt: now }
      expect(recoverOrder(lost, { ...elsewhere, changes }, now).kind).toBe('unclear')
    }
  })

  it.each([1, 2])('finishes its own refund of %d of 2 units that nobody was told of', quantity => {
    const moments = live([...paid, grant('r1', quantity)])
    const restored = moments.at(-1) ?? start
    const later = finishRefund(restored)
    const elsewhere = elsewhereAt(later, restored)
    const untold = elsewhere.changes.filter(({ kind }) => kind !== 'refunded')
    expect(catchUp(restored.order, { ...elsewhere, changes: untold }, now)).toMatchObject({
      order: { status: quantity === 2 ? 'REFUNDED' : 'CONFIRMED', pendingRefund: null },
      refunds: [{ id: 'r1', amountMinor: quantity * 500, providerId: null, lines: [{ quantity }] }],
    })
  })

  it('keeps its own refund that is under way, whatever else was returned', () => {
    const restored = live([...paid, grant('r1', 1)]).at(-1) ?? start
    const refunds = [{ id: 'other', amountMinor: 500, providerId: 're_2' }]
    const elsewhere = { ...elsewhereAt(restored, restored), refunds }
    expect(catchUp(restored.order, elsewhere, now)).toEqual({
      ...{ kind: 'caughtUp', order: restored.order, events: [], refunds: [] },
    })
    const payment = { id: 'pi_1', standing: 'RETURNED' } as const
    const returned = { ...elsewhere, refunds: [], payment, isGivenBack: true }
    expect(catchUp(restored.order, returned, now)).toMatchObject({ order: restored.order, events: [] })
  })

  it.each([
    null,
    { id: 'pi_1', standing: 'DECLINED' },
  ] as const)('does not take its payment for voided because it is not seen: %j', payment => {
    const restored = live([reserve, authorize]).at(-1) ?? start
    const elsewhere = { ...elsewhereAt(cancel(restored), restored), payment }
    expect(catchUp(restored.order, elsewhere, now)).toMatchObject({
      order: { status: 'CANCELLED', payment: { state: 'AUTHORIZED' } },
    })
    expect(recoverOrder({ ...facts, total: start.order.total, placedAt: now }, elsewhere, now)).toMatchObject(
      {
        order: { status: 'CANCELLED', payment: { state: 'ASKED', id: payment?.id ?? null } },
      },
    )
  })
})
