import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { PostalAddress } from '@supergraph/schema/postal-address.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { type Answer, advance, decide, giveUp, type Step } from '../checkout/decide.ts'
import {
  type Change,
  type Order,
  type OrderLine,
  type PlaceOrder,
  placeOrder,
  type Transition,
} from '../domain/order.ts'
import type { Units } from '../domain/refund.ts'
import { claimKey, findKey, freeKey, type KeyClaim, type KnownKey } from './idempotency-keys.ts'
import { record } from './order-history.ts'
import { readColumns, type StoredRow, toColumns, toOrder } from './order-row.ts'
import { claimDueSteps, insertOrder, lockOrder, postponeStep, updateOrder } from './order-statements.ts'
import { touchesRefunds, writeRefunds } from './refund-rows.ts'
import type { OrderRow } from './tables.ts'

/** A key under which a user commands, before it belongs to an order. */
export type CommandKey = Omit<KeyClaim, 'orderId'>

/** An order to be placed, and the key that tells a repeated request from another one. */
export type Placement = Omit<PlaceOrder, 'id' | 'number'> & {
  readonly lines: readonly OrderLine[]
  readonly shippingAddress: PostalAddress
  readonly key: CommandKey
}

/** What transitions look at beside the order: its lines, and the units that refunds have returned. */
export type OrderDetails = { readonly lines: readonly OrderLine[]; readonly refunded: readonly Units[] }

/** An order with its next step, for the one who has its fencing number: each claim and each command gives a higher one. */
export type DueStep = OrderDetails & {
  readonly row: OrderRow
  readonly order: Order
  readonly step: Step
  readonly fence: number
  /** Whether nobody has tried the step yet. */
  readonly isFirstAttempt: boolean
}

/** The changed order, and what is to be done for it now. */
export type Changed = {
  readonly kind: 'changed'
  readonly row: OrderRow
  readonly order: Order
  readonly due: DueStep | null
}

/** What the earlier request with the same key has left. */
export type Replayed = { readonly kind: 'replayed'; readonly known: KnownKey }

/** The one path that changes orders: state, timeline, refunds and outbox in one transaction. */
export type OrderStore = ReturnType<typeof createOrderStore>

export const createOrderStore = (dataSource: DataSource) => {
  const columns = readColumns(dataSource)

  const load = async (manager: EntityManager, orderId: string): Promise<Stored> => {
    await manager.query(lockOrder, [orderId])
    // n.b. a statement of its own: the one that has waited for the lock sees the refunds from before
    const rows: readonly StoredRow[] = await manager.query(`select ${columns} from orders where id = $1`, [
      orderId,
    ])
    const [row] = rows
    if (row === undefined) throw new Error(`There is no order ${orderId} to change.`)
    return toStored(row)
  }

  const progress = async (
    due: DueStep,
    transition: Transition,
    effect: Effect,
  ): Promise<Changed | 'stale'> => {
    if (transition.kind !== 'changed') throw new Error(`Order ${due.order.id} is not at ${due.step}.`)
    const save = (manager: EntityManager) => writeChange(manager, due, transition, due.fence, effect)
    // n.b. most steps change the order's row alone: one statement
    return isRowAlone(due.order, transition) ? save(dataSource.manager) : dataSource.transaction(save)
  }

  return {
    /** Places the order under its key, or tells what an earlier request with the key has left. */
    place: (placement: Placement, now: Date): Promise<Changed | Replayed> =>
      dataSource.transaction(manager => place(manager, placement, now)),

    /**
     * Takes the order, which must exist, through a pure transition under its row lock; only a changed order is written,
     * and its key with it. Whoever drives the order's checkout meanwhile has lost it.
     */
    change: <R>(
      orderId: string,
      transition: (order: Order, details: OrderDetails) => Change | R,
      { key, now }: { readonly key?: CommandKey; readonly now: Date },
    ): Promise<Changed | Replayed | R> =>
      dataSource.transaction(async manager => {
        const stored = await load(manager, orderId)
        const known = key === undefined ? null : await findKey(manager, key)
        if (known !== null) return { kind: 'replayed', known }
        const result = transition(stored.order, stored)
        if (!isChange(result)) return result
        const claim = key === undefined ? 'claimed' : await claimKey(manager, { ...key, orderId })
        if (claim !== 'claimed') return { kind: 'replayed', known: claim }
        const saved = await writeChange(manager, stored, result, stored.fence + 1, { failure: null, now })
        if (saved === 'stale') throw new Error(`Order ${orderId} changed under its lock.`)
        return saved
      }),

    /** Writes how a step ended, or nothing where somebody else has the order since: 'stale'. */
    advance: (due: DueStep, answer: Answer, now: Date): Promise<Changed | 'stale'> =>
      progress(due, advance(due.order, answer, now), {
        failure: answer.kind === 'failed' ? answer.reason : null,
        now,
      }),

    /** Turns round a PENDING order that can't be finished in time, or nothing where somebody else has it since: 'stale'. */
    giveUp: (due: DueStep, now: Date): Promise<Changed | 'stale'> =>
      progress(due, giveUp(due.order, now), { failure: null, now }),

    /** Claims up to `limit` due steps; those that stay undone are due again when the lease is over. */
    claimDueSteps: async (limit: number): Promise<readonly DueStep[]> => {
      const rows: readonly StoredRow[] = await dataSource.query(claimDueSteps(columns), [limit])
      return rows.flatMap(row => toDue(toStored(row), false) ?? [])
    },

    /** Lets a step that failed be due again, later with each failure of a call that was made; nothing where somebody else has it since. */
    postpone: async (
      { order, fence }: DueStep,
      { wasMade }: { readonly wasMade: boolean },
    ): Promise<void> => {
      await dataSource.query(postponeStep, [order.id, fence, wasMade])
    },
  }
}

/** The next number on paper; one that is not used in the end leaves a gap. */
export const nextOrderNumber = async (manager: EntityManager): Promise<string> => {
  const rows: readonly { readonly number: string }[] = await manager.query(
    `select nextval('order_numbers')::text as number`,
  )
  const [row] = rows
  if (row === undefined) throw new Error('The sequence order_numbers gave no number.')
  return row.number
}

type Stored = OrderDetails & { readonly row: OrderRow; readonly order: Order; readonly fence: number }

/** Why a refund failed, and when all this happened. */
type Effect = { readonly failure: string | null; readonly now: Date }

const toStored = ({ fence, lines, pendingRefund, refunded, ...row }: StoredRow): Stored => ({
  row,
  order: toOrder(row, pendingRefund),
  lines,
  refunded,
  fence,
})

const toDue = (stored: Stored, isFirstAttempt: boolean): DueStep | null => {
  const { step } = stored.row
  return step === null ? null : { ...stored, step, isFirstAttempt }
}

const isChange = (result: unknown): result is Change =>
  typeof result === 'object' && result !== null && 'kind' in result && result.kind === 'changed'

const isTurnedAway = (before: Order, after: Order): boolean =>
  before.refusal === null && after.refusal?.kind === 'Unavailable'

const isRowAlone = (before: Order, { order, events }: Change): boolean =>
  events.length === 0 && !touchesRefunds(before, order) && !isTurnedAway(before, order)

const place = async (
  manager: EntityManager,
  { lines, shippingAddress, key, ...command }: Placement,
  now: Date,
): Promise<Changed | Replayed> => {
  const id = uuidv7(now.getTime())
  // n.b. a request with the same key waits here until the first one's transaction has ended
  const claim = await claimKey(manager, { ...key, orderId: id })
  if (claim !== 'claimed') return { kind: 'replayed', known: claim }
  const { order, events } = placeOrder({ ...command, id, number: await nextOrderNumber(manager) }, now)
  const row = { ...toColumns(order), shipping: shippingAddress, step: decide(order) }
  await manager.query(insertOrder, [
    id,
    row.number,
    row.customerId,
    row.status,
    row.currency,
    row.totalMinor,
    row.shipping,
    row.version,
    row.stockState,
    row.paymentState,
    row.paymentMethod,
    row.step,
    row.placedAt,
    JSON.stringify(lines.map((line, position) => ({ ...line, position }))),
  ])
  await record(manager, order, lines, events)
  const stored = { row, order, lines, refunded: [], fence: 1 }
  return { kind: 'changed', row, order, due: toDue(stored, true) }
}

const writeChange = async (
  manager: EntityManager,
  before: Stored,
  { order, events }: Change,
  fence: number,
  { failure, now }: Effect,
): Promise<Changed | 'stale'> => {
  const row = { ...before.row, ...toColumns(order), step: decide(order) }
  const [, held]: readonly [unknown, number] = await manager.query(updateOrder, [
    row.id,
    before.fence,
    row.status,
    row.version,
    row.refusal,
    row.stockState,
    row.paymentState,
    row.paymentId,
    row.refundedMinor,
    row.tracking,
    row.step,
    fence,
  ])
  if (held === 0) return 'stale'
  await writeRefunds(manager, before.order, order, { failure, now })
  await record(manager, order, before.lines, events)
  if (isTurnedAway(before.order, order)) {
    await freeKey(manager, { userId: order.customerId, operation: 'placeOrder', orderId: order.id })
  }
  return {
    kind: 'changed',
    row,
    order,
    due: toDue({ ...before, row, order, fence }, row.step !== before.row.step),
  }
}
