import type { StaffCommand } from '../database/staff-acts.ts'
import type { OrderRow } from '../database/tables.ts'
import {
  deliverOrder,
  type IllegalTransition,
  type Order,
  type Person,
  shipOrder,
  type Tracking,
  type Transition,
} from '../domain/order.ts'
import type { Services } from './services.ts'

/** How a request to ship or to deliver an order ended; `done` also if it was done before. */
type FulfilOrderOutcome = { readonly kind: 'done'; readonly order: OrderRow } | IllegalTransition

type Fulfilment = {
  readonly orderId: string
  readonly actor: Person
  readonly staff?: StaffCommand | undefined
}

/** Creates the commands that mark an order as shipped and as delivered. */
export const createFulfilOrder = ({ store, reads, clock }: Services) => {
  const update = async (
    orderId: string,
    transition: (order: Order, now: Date) => Transition,
    staff: StaffCommand | undefined,
  ): Promise<FulfilOrderOutcome> => {
    const now = clock.now()
    const result = await store.update(orderId, order => transition(order, now), { now, staff })
    if (result.kind === 'illegal') return result
    return { kind: 'done', order: result.kind === 'saved' ? result.row : await reads.order(orderId) }
  }
  return {
    ship: ({ orderId, actor, tracking, staff }: Fulfilment & { readonly tracking: Tracking }) =>
      update(orderId, (order, now) => shipOrder(order, { tracking, actor }, now), staff),
    deliver: ({ orderId, actor, staff }: Fulfilment) =>
      update(orderId, (order, now) => deliverOrder(order, { actor }, now), staff),
  }
}
