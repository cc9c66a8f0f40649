import { currentTraceparent } from '@supergraph/runtime/trace-context.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import {
  anticipatePayment,
  applyResult,
  giveUp,
  mayStayUnwritten,
  nextStep,
  type Step,
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
import type { Units } from '../domain/refund.ts'
import { claimKey, findKey, freeKey, type KeyClaim, type KnownKey } from './idempotency-keys.ts'
import { recordOf } from './order-history.ts'
import { toOrder, toRow } from './order-row.ts'
import {
  type ClaimedRow,
  claimDueOrders,
  hastenStep,
  insertOrder,
  leaseSeconds,
  lockOrder,
  postponeStep,
  type StoredRow,
  updateOrder,
} from './order-statements.ts'
import { touchesRefunds, writeRefunds } from './refunds.ts'
import type { OrderRow } from './tables.ts'

/** A key under which a user commands, before it belongs to an order. */
type CommandKey = Omit<KeyClaim, 'orderId'>

/** An order to be placed, and the key that tells a repeated request from another one. */
type Placement = Omit<PlaceOrder, 'id' | 'number'> & {
  readonly lines: readonly OrderLine[]
  readonly shippingAddress: OrderRow['shipping']
  readonly key: CommandKey
}

/** What transitions read beside the order: its lines, and the units that refunds have returned. */
type OrderDetails = { readonly lines: readonly OrderLine[]; readonly refunded: readonly Units[] }

/** An order, which may be further than the row that was last written of it. */
type Stored = OrderDetails & { readonly row: OrderRow; readonly order: Order; readonly fence: number }

/** An order with its next step, for the holder of its fencing number: each claim and each command gives a higher number. */
export type DueStep = Stored & {
  readonly step: Step
  /** Whether nobody has tried the step yet. */
  readonly isFirstAttempt: boolean
  /** Counts the calls for the step from 1; one that ended with its process is not counted. */
  readonly attempt: number
  /** For how long the step is the holder's, from when it was claimed or the step before it was written. */
  readonly leaseSeconds: number
  /** Of the command that a sweeper goes on with. */
  readonly traceparent?: string | undefined
}

/** An order after a step or a command, its row as it was last written, and the step that is due now. */
export type Saved = {
  readonly kind: 'saved'
  readonly row: OrderRow
  readonly order: Order
  readonly due: DueStep | null
  /** The keys of what was counted for the order and given back as it was written. */
  readonly givenBack: readonly string[]
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
     * only if the transition changes the order; then whoever drives its checkout loses it.
     */
    update: <R>(
      orderId: string,
      transition: (order: Order, details: OrderDetails) => Changed | R,
      { key, now }: { readonly key?: CommandKey; readonly now: Date },
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
      const isLeft =
        mayWait && transition.kind === 'changed' && mayStayUnwritten(toOrder(due.row, null), transition.order)
      if (isLeft) return saved(due, { ...due, order: transition.order })
      const failure = result.kind === 'failed' ? result.reason : null
      return saveStep(due, transition, { failure, now, unusedKeys })
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

    /** Makes the next step due now. n.b. a process that is at it loses the order, as it does when its lease ends. */
    hasten: async (orderId: string): Promise<void> => void (await hastenStep(database, orderId)),

    /**
     * Makes a failed step due again, later with each call that was made. Does nothing if another process has claimed it
     * since, or if its result has been written after all.
     */
    postpone: ({ order, row, fence }: DueStep, { wasMade }: { readonly wasMade: boolean }): Promise<void> =>
      postponeStep(database, toRow(order, row.shipping), { fence, writtenStep: row.step, wasMade }),
  }
}

/** Why a refund failed, when all this happened, what is not used of what was counted, and which command began it. */
type Effect = {
  readonly failure: string | null
  readonly now: Date
  readonly unusedKeys?: UnusedKeys | undefined
  readonly traceparent?: string | undefined
}

const lock = async (manager: EntityManager, orderId: string): Promise<Stored> => {
  const row = await lockOrder(manager, orderId)
  if (row === undefined) throw new Error(`There is no order ${orderId} to change.`)
  return toStored(row)
}

const toStored = ({ fence, lines, pendingRefund, refunded, ...row }: StoredRow): Stored => ({
  row,
  order: toOrder(row, pendingRefund),
  lines,
  refunded,
  fence,
})

const toDue = (stored: Stored, isFirstAttempt: boolean): DueStep | null => {
  const step = nextStep(stored.order)
  return step === null ? null : { ...stored, step, isFirstAttempt, attempt: 1, leaseSeconds }
}

const toClaimed = ({ calls, leaseSeconds, traceparent, ...row }: ClaimedRow): DueStep | null => {
  const due = toDue(toStored(row), false)
  return due && { ...due, attempt: calls + 1, leaseSeconds, traceparent: traceparent ?? undefined }
}

const saved = (before: Stored, after: Stored, givenBack: readonly string[] = []): Saved => ({
  kind: 'saved',
  row: after.row,
  order: after.order,
  due: toDue(after, isFirstAttempt(before.order, after.order)),
  givenBack,
})

/** n.b. of a payment that the row calls ASKED, another process may have tried the authorization already. */
const isFirstAttempt = (before: Order, after: Order): boolean => {
  const step = nextStep(after)
  return step !== nextStep(before) && (step !== 'AUTHORIZE_PAYMENT' || before.payment.state === 'NOT_ASKED')
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
  { failure, now, unusedKeys = () => [], traceparent }: Effect,
): Promise<Saved | 'stale'> => {
  const row = toRow(order, before.row.shipping)
  const beside =
    events.length === 0
      ? null
      : {
          record: recordOf(order, before.lines, events),
          unusedKeys: row.step === null ? unusedKeys(row) : [],
        }
  const updated = await updateOrder(manager, row, { fence: before.fence, nextFence, traceparent }, beside)
  if (updated === undefined) return 'stale'
  await writeRefunds(manager, before.order, order, { failure, now })
  if (isTurnedAway(before.order, order)) {
    await freeKey(manager, { userId: order.customerId, operation: 'placeOrder', orderId: order.id })
  }
  return saved(before, { ...before, row, order, fence: nextFence }, updated.givenBack)
}
