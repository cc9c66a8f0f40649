import { isSameRequest } from '../database/idempotency-keys.ts'
import type { StaffCommand } from '../database/staff-acts.ts'
import type { OrderRow } from '../database/tables.ts'
import { hashCancelOrder } from '../domain/input-hash.ts'
import { cancelOrder, type IllegalTransition, type Person } from '../domain/order.ts'
import type { Services } from './services.ts'
import { outcomeBy, outcomeDeadline } from './waiting.ts'

type CancelOrderRequest = {
  readonly orderId: string
  readonly reason: string | null
  readonly idempotencyKey: string | null
  readonly actor: Person
  readonly staff?: StaffCommand | undefined
  readonly callerDeadlineAtMs: number
}

/** How a request to cancel an order ended; `done` also if it was cancelled before. */
export type CancelOrderOutcome =
  | { readonly kind: 'done'; readonly order: OrderRow }
  | IllegalTransition
  | { readonly kind: 'keyReused' }

/** Creates the command that cancels an order, and returns its payment and its stock at once if the services answer. */
export const createCancelOrder =
  ({ store, reads, driver, clock }: Services) =>
  async (request: CancelOrderRequest): Promise<CancelOrderOutcome> => {
    const { orderId, reason, idempotencyKey, actor, staff, callerDeadlineAtMs } = request
    const now = clock.now()
    const keyed = { operation: 'cancelOrder', inputHash: hashCancelOrder(request) } as const
    const key = idempotencyKey === null ? undefined : { userId: actor.userId, key: idempotencyKey, ...keyed }
    const result = await store.update(orderId, order => cancelOrder(order, { reason, actor }, now), {
      key,
      now,
      staff,
    })
    if (result.kind === 'illegal') return result
    if (result.kind === 'replayed' && !isSameRequest(result.known, keyed)) return { kind: 'keyReused' }
    if (result.kind === 'saved' && result.due !== null) {
      await outcomeBy(outcomeDeadline(callerDeadlineAtMs), driver.drive(result.due))
    }
    return { kind: 'done', order: await reads.order(orderId) }
  }
