import { setTimeout as pause } from 'node:timers/promises'
import { remainingMs } from '@supergraph/runtime/deadline.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { type Checkout, waitUntil } from './checkout/checkout.ts'
import type { KnownKey } from './database/idempotency-keys.ts'
import type { OrderReads } from './database/order-reads.ts'
import type { OrderStore } from './database/order-store.ts'
import type { OrderRow, RefundRow } from './database/tables.ts'
import {
  type CancelInput,
  hashCancelInput,
  hashRefundInput,
  type RefundInput,
  type ShipInput,
} from './domain/change-input.ts'
import {
  type Actor,
  type Change,
  cancelOrder,
  deliverOrder,
  type Order,
  shipOrder,
  type Transition,
} from './domain/order.ts'
import { type RefundTransition, requestRefund } from './domain/refund.ts'

/** Who commands, and when they stop waiting, in milliseconds since the epoch. */
export type Commander = { readonly actor: Person; readonly deadlineAtMs: number }

/** A customer or a member of staff. */
export type Person = Exclude<Actor, { readonly kind: 'SYSTEM' }>

type Illegal = Extract<Transition, { readonly kind: 'illegal' }>
type KeyReused = { readonly kind: 'keyReused' }

/** What became of a request to ship an order or to deliver it; `changed` also where it was so before. */
export type ChangeOutcome = { readonly kind: 'changed'; readonly order: OrderRow } | Illegal

/** What became of a request to cancel an order; `changed` also where it was cancelled before. */
export type CancelOutcome = ChangeOutcome | KeyReused

/** What became of a request for a refund; one that the provider refused is FAILED. */
export type RefundOutcome =
  | { readonly kind: 'granted'; readonly order: OrderRow; readonly refund: RefundRow }
  | Exclude<RefundTransition, Change>
  | KeyReused

/** Changes orders that must exist, for those who may; again changes nothing. */
export type OrderCommands = ReturnType<typeof createOrderCommands>

const askAgainMs = 100
const refundAnswer = z.object({ refundId: z.string() })

export const createOrderCommands = ({
  store,
  reads,
  checkout,
}: {
  readonly store: OrderStore
  readonly reads: OrderReads
  readonly checkout: Checkout
}) => {
  const change = async (
    { id }: OrderRow,
    transition: (order: Order, now: Date) => Transition,
  ): Promise<ChangeOutcome> => {
    const now = new Date()
    const result = await store.change(id, order => transition(order, now), { now })
    if (result.kind === 'illegal') return result
    return { kind: 'changed', order: result.kind === 'changed' ? result.row : await readOrder(reads, id) }
  }

  /** What becomes of a refund, whoever makes it, as far as the deadline lets see. */
  const follow = async (orderId: string, refundId: string, deadlineAtMs: number): Promise<RefundOutcome> => {
    for (;;) {
      const refund = await reads.refund(refundId)
      if (refund === null) throw new Error(`Refund ${refundId} of order ${orderId} is gone.`)
      const leftMs = remainingMs(deadlineAtMs)
      if (refund.state !== 'PENDING' || leftMs === 0) {
        return { kind: 'granted', order: await readOrder(reads, orderId), refund }
      }
      await pause(Math.min(askAgainMs, leftMs))
    }
  }

  return {
    /** Calls off the order; its payment and its stock are returned at once where the services answer. */
    cancel: async (
      { id }: OrderRow,
      input: CancelInput,
      { actor, deadlineAtMs }: Commander,
    ): Promise<CancelOutcome> => {
      const { reason, idempotencyKey } = input
      const now = new Date()
      const operation = 'cancelOrder'
      const inputHash = hashCancelInput(input)
      const key =
        idempotencyKey === null
          ? undefined
          : ({ userId: actor.userId, key: idempotencyKey, operation, inputHash } as const)
      const result = await store.change(id, order => cancelOrder(order, { reason, actor }, now), { key, now })
      if (result.kind === 'illegal') return result
      if (result.kind === 'replayed' && !isSame(result.known, { operation, inputHash }))
        return { kind: 'keyReused' }
      if (result.kind === 'changed') await checkout.finish(result.due, deadlineAtMs)
      return { kind: 'changed', order: await readOrder(reads, id) }
    },

    /** Sends the order on its way. */
    ship: (order: OrderRow, { carrier, trackingNumber }: ShipInput, actor: Person) =>
      change(order, (order, now) => shipOrder(order, { tracking: { carrier, trackingNumber }, actor }, now)),

    /** Notes that the order has arrived. */
    deliver: (order: OrderRow, actor: Person) =>
      change(order, (order, now) => deliverOrder(order, { actor }, now)),

    /** Grants a refund and asks the provider for it; PENDING where there is no answer in time. */
    refund: async (
      { id }: OrderRow,
      input: RefundInput,
      { actor, deadlineAtMs }: Commander,
    ): Promise<RefundOutcome> => {
      const { items, reason, idempotencyKey } = input
      const now = new Date()
      const followUntilMs = waitUntil(deadlineAtMs)
      const refundId = uuidv7(now.getTime())
      const operation = 'refundOrder'
      const inputHash = hashRefundInput(input)
      const key = {
        userId: actor.userId,
        key: idempotencyKey,
        operation,
        inputHash,
        answer: { refundId },
      } as const
      const request = { id: refundId, items, reason, actor }
      const result = await store.change(
        id,
        (order, { lines, refunded }) => requestRefund(order, lines, refunded, request),
        { key, now },
      )
      switch (result.kind) {
        case 'changed':
          await checkout.finish(result.due, deadlineAtMs)
          return follow(id, refundId, followUntilMs)
        case 'replayed': {
          if (!isSame(result.known, { operation, inputHash })) return { kind: 'keyReused' }
          return follow(id, refundAnswer.parse(result.known.answer).refundId, followUntilMs)
        }
        default:
          return result
      }
    },
  }
}

const isSame = (known: KnownKey, request: Pick<KnownKey, 'operation' | 'inputHash'>): boolean =>
  known.operation === request.operation && known.inputHash === request.inputHash

const readOrder = async (reads: OrderReads, orderId: string): Promise<OrderRow> => {
  const [order] = await reads.byIds([orderId])
  if (order === undefined) throw new Error(`Order ${orderId} is gone.`)
  return order
}
