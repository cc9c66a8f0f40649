import { currentTraceparent } from '@supergraph/runtime/trace-context.ts'
import { namedUuid, uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import {
  anticipatePayment,
  applyResult,
  giveUp,
  mayStayUnwritten,
  type StepResult,
} from '../domain/next-step.ts'
import {
  type Changed,
  type Order,
  type OrderLine,
  type PlaceOrder,
  placeOrder,
  type Transition,
} from '../domain/order.ts'
import { pauseAfter, waitAfter } from '../domain/patience.ts'
import { type ProviderSettlement, settle } from '../domain/settlement.ts'
import { claimKey, findKey, freeKey, type KeyClaim, type KnownKey } from './idempotency-keys.ts'
import { recordOf } from './order-history.ts'
import { toOrder, toRow } from './order-row.ts'
import {
  claimDueOrders,
  claimWaitingOrder,
  hastenStep,
  insertOrder,
  lockOrder,
  type Postponement,
  postponeStep,
  updateOrder,
} from './order-statements.ts'
import { touchesRefunds, writeRefunds } from './refunds.ts'
import { readSettlement, writeSettlement } from './settlements.ts'
import { recordStaffAct, type StaffCommand } from './staff-acts.ts'
import {
  type DueStep,
  type OrderDetails,
  type Saved,
  type Stored,
  saved,
  toClaimed,
  toDue,
  toStored,
} from './stored-order.ts'
import type { OrderRow } from './tables.ts'

/** A key under which a user commands, before it belongs to an order. */
type CommandKey = Omit<KeyClaim, 'orderId'>

/** An order to be placed, and the key that tells a repeated request from another one. */
type Placement = Omit<PlaceOrder, 'id' | 'number'> & {
  readonly lines: readonly OrderLine[]
  readonly shippingAddress: OrderRow['shipping']
  readonly key: CommandKey
}

/** Tells the keys of what was counted for an order and is not used by its outcome, to be given back as it is written. */
export type UnusedKeys = (outcome: OrderRow) => readonly string[]

/** What the earlier request with the same key has left. */
export type Replayed = { readonly kind: 'replayed'; readonly known: KnownKey }

/** The only way to change orders: state, history, refunds and outbox in one transaction. */
export type OrderStore = ReturnType<typeof createOrderStore>

export const createOrderStore = (database: DataSource) => {
  const saveStep = async (due: DueStep, transition: Transition, effect: Effect): Promise<Saved | 'stale'> => {
    if (transition.kind !== 'changed') throw new Error(`Order ${due.order.id} is not at ${due.step}.`)
    const save = (manager: EntityManager) => write(manager, due, transition, due.fence, effect)
    // n.b. most steps take one statement, and so no transaction
    return isOneStatement(due.order, transition) ? save(database.manager) : database.transaction(save)
  }

  return {
    /** Inserts a new order under its key, or returns what an earlier request with the key has left. */
    insert: (placement: Placement, now: Date): Promise<Saved | Replayed> =>
      insert(database.manager, placement, now),

    /**
     * Takes the order, which must exist, through a pure transition under its row lock. The order and the key are written
     * only if the transition changes the order; then whoever drives its checkout loses it, and the audit log is told if
     * staff did it.
     */
    update: <R>(
      orderId: string,
      transition: (order: Order, details: OrderDetails) => Changed | R,
      {
        key,
        now,
        staff,
      }: { readonly key?: CommandKey; readonly now: Date; readonly staff?: StaffCommand | undefined },
    ): Promise<Saved | Replayed | R> =>
      database.transaction(async manager => {
        const stored = await lock(manager, orderId)
        const known = key === undefined ? null : await findKey(manager, key)
        if (known !== null) return { kind: 'replayed', known }
        const result = transition(stored.order, stored)
        if (!isChanged(result)) return result
        const claim = key === undefined ? 'claimed' : await claimKey(manager, { ...key, orderId })
        if (claim !== 'claimed') return { kind: 'replayed', known: claim }
        const effect = { failure: null, now, traceparent: currentTraceparent() }
        const saved = await write(manager, stored, result, stored.fence + 1, effect)
        if (saved === 'stale') throw new Error(`Order ${orderId} changed under its lock.`)
        if (staff !== undefined) await recordStaffAct(manager, staff, stored.order, saved.order, now)
        return saved
      }),

    /**
     * Writes how a step ended, or leaves it to the next write if it may wait and the row tells others enough. Writes nothing
     * and returns 'stale' if another process has claimed the order since.
     */
    saveResult: async (
      due: DueStep,
      result: StepResult,
      now: Date,
      {
        mayWait = true,
        unusedKeys,
      }: { readonly mayWait?: boolean; readonly unusedKeys?: UnusedKeys | undefined } = {},
    ): Promise<Saved | 'stale'> => {
      const transition = applyResult(due.order, result, now)
      const pauseMs = transition.kind === 'changed' ? pauseAfter(transition.order, result, now) : undefined
      const isLeft =
        mayWait &&
        pauseMs === undefined &&
        transition.kind === 'changed' &&
        transition.events.length === 0 &&
        mayStayUnwritten(toOrder(due.row, null), transition.order)
      if (isLeft) return saved(due, { ...due, order: transition.order })
      const failure = result.kind === 'failed' ? result.reason : null
      return saveStep(due, transition, { failure, now, unusedKeys, pauseMs })
    },

    /**
     * Writes how far an order has come, with a new lease for its step, and returns the step under the next fencing number.
     * Writes nothing and returns the step as it was if that is written, or if another process has claimed the order since.
     */
    saveProgress: async (due: DueStep): Promise<DueStep> => {
      if (due.row.step === due.step) return due
      const row = toRow(due.order, due.row.shipping)
      const nextFence = due.fence + 1
      const updated = await updateOrder(database, row, { fence: due.fence, nextFence }, null)
      return updated === undefined ? due : { ...due, row, fence: nextFence }
    },

    /**
     * Writes what has happened to an order's payment at the provider by itself; `fence` is the order's from before the provider
     * was asked. Writes nothing and returns 'stale' if the order has changed since: the answer may be older than the change.
     */
    settle: (
      { orderId, fence }: { readonly orderId: string; readonly fence: number },
      found: ProviderSettlement,
      now: Date,
    ): Promise<'changed' | 'unchanged' | 'stale'> =>
      database.transaction(async manager => {
        const stored = await lock(manager, orderId)
        if (stored.fence !== fence) return 'stale'
        const known = await readSettlement(manager, orderId)
        const idOf = (providerId: string) => namedUuid(`refund ${providerId}`, now.getTime())
        const settled = settle(stored.order, known, found, { now, idOf })
        if (settled.events.length === 0) return 'unchanged'
        const { order, events } = settled
        const effect = { failure: null, now, keepsRefunds: true, ...waitAfter(known, settled) }
        await write(manager, stored, { kind: 'changed', order, events }, stored.fence + 1, effect)
        await writeSettlement(manager, settled, now)
        return 'changed'
      }),

    /** Refuses a PENDING order that ran out of time. Writes nothing and returns 'stale' if another process has claimed it since. */
    giveUp: (due: DueStep, now: Date): Promise<Saved | 'stale'> =>
      saveStep(due, giveUp(due.order, now), { failure: null, now }),

    /**
     * Claims up to `limit` due steps; a step that is still undone when its lease ends is due again. `onUnreadable` gets the
     * id of an order whose row is not as this release expects, so that the other steps are not held up.
     */
    claimDueSteps: async (
      limit: number,
      onUnreadable: (orderId: string) => void = () => undefined,
    ): Promise<readonly DueStep[]> => {
      const claimed = await claimDueOrders(database, limit)
      return claimed.flatMap(row => {
        if ('fence' in row) return toClaimed(row) ?? []
        onUnreadable(row.id)
        return []
      })
    },

    /** Claims an order that waits for its payment, for its customer; undefined if it does not wait, or not any more. */
    claimWaiting: async (orderId: string): Promise<DueStep | undefined> => {
      const row = await claimWaitingOrder(database, orderId)
      const due = row && toClaimed(row)
      return due ? { ...due, isAsked: true } : undefined
    },

    /** Makes the next step due now. n.b. a process that is at it loses the order, as it does when its lease ends. */
    hasten: (orderId: string, staff: StaffCommand): Promise<void> =>
      database.transaction(async manager => {
        const { order } = await lock(manager, orderId)
        await hastenStep(manager, orderId)
        await recordStaffAct(manager, staff, order, order, new Date())
      }),

    /**
     * Makes a failed step due again, later with each call that was made, and in an hour if it was refused. Does nothing if
     * another process has claimed it since, or if its result has been written after all.
     */
    postpone: ({ order, row, fence }: DueStep, why: Postponement): Promise<void> =>
      postponeStep(database, toRow(order, row.shipping), { fence, writtenStep: row.step, why }),
  }
}

/**
 * Why a refund failed, when all this happened, what is not used of what was counted, which command began it, and how long
 * the next step is left alone and has failed.
 */
type Effect = {
  readonly failure: string | null
  readonly now: Date
  readonly unusedKeys?: UnusedKeys | undefined
  readonly traceparent?: string | undefined
  readonly pauseMs?: number | undefined
  readonly failedAttempts?: number
  /** Whether the refunds are written by whoever writes the order. */
  readonly keepsRefunds?: boolean
}

const lock = async (manager: EntityManager, orderId: string): Promise<Stored> => {
  const row = await lockOrder(manager, orderId)
  if (row === undefined) throw new Error(`There is no order ${orderId} to change.`)
  return toStored(row)
}

const isChanged = (result: unknown): result is Changed =>
  typeof result === 'object' && result !== null && 'kind' in result && result.kind === 'changed'

/** Whether a transition refuses the order because a service was away; its key may then be used again. */
const isTurnedAway = (before: Order, after: Order): boolean =>
  before.refusal === null && after.refusal?.kind === 'Unavailable'

const isOneStatement = (before: Order, { order }: Changed): boolean =>
  !touchesRefunds(before, order) && !isTurnedAway(before, order)

const insert = async (
  manager: EntityManager,
  { lines, shippingAddress, key, ...command }: Placement,
  now: Date,
): Promise<Saved | Replayed> => {
  const id = uuidv7(now.getTime())
  const placed = placeOrder({ ...command, id, number: '' }, now)
  const record = recordOf(placed.order, lines, placed.events)
  for (;;) {
    const row = toRow(anticipatePayment(placed.order), shippingAddress)
    const number = await insertOrder(manager, row, { lines, record, key: { ...key, orderId: id } })
    if (number !== undefined) {
      const order = { ...placed.order, number }
      const stored = { row: { ...row, number }, order, lines, refunded: [], fence: 1 }
      return { kind: 'saved', row: stored.row, order, due: toDue(stored, true), givenBack: [] }
    }
    const known = await findKey(manager, key)
    // n.b. a key may be freed between the two statements
    if (known !== null) return { kind: 'replayed', known }
  }
}

const write = async (
  manager: EntityManager,
  before: Stored,
  { order, events }: Changed,
  nextFence: number,
  { failure, now, unusedKeys = () => [], traceparent, pauseMs, failedAttempts, keepsRefunds = false }: Effect,
): Promise<Saved | 'stale'> => {
  const row = toRow(order, before.row.shipping)
  const beside =
    events.length === 0
      ? null
      : {
          record: recordOf(order, before.lines, events),
          unusedKeys: row.step === null ? unusedKeys(row) : [],
        }
  const lease = { fence: before.fence, nextFence, traceparent, pauseMs, failedAttempts }
  const updated = await updateOrder(manager, row, lease, beside)
  if (updated === undefined) return 'stale'
  if (!keepsRefunds) await writeRefunds(manager, before.order, order, { failure, now })
  if (isTurnedAway(before.order, order)) {
    await freeKey(manager, { userId: order.customerId, operation: 'placeOrder', orderId: order.id })
  }
  const after = saved(before, { ...before, row, order, fence: nextFence }, updated.givenBack)
  return pauseMs === undefined ? after : { ...after, due: null }
}
