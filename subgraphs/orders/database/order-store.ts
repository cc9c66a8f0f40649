import { appendToOutbox } from '@supergraph/messaging/outbox.ts'
import type { PostalAddress } from '@supergraph/runtime/postal-address.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { decide, type Step } from '../checkout/decide.ts'
import { type Order, type OrderEvent, type PlaceOrder, placeOrder, type Transition } from '../domain/order.ts'
import { toEnvelope } from './order-events.ts'
import { type OrderRow, orderChanges, orderItems, orders } from './tables.ts'

/** An order to be placed, and what tells a repeated request from another one. */
export type Placement = Omit<PlaceOrder, 'id' | 'number'> & {
  readonly shippingAddress: PostalAddress
  readonly idempotencyKey: string
  readonly inputHash: string
}

/** A step that is due for an order. */
export type DueStep = { readonly orderId: string; readonly step: Step }

/** The one path that changes orders: state, timeline and outbox in one transaction. */
export type OrderStore = ReturnType<typeof createOrderStore>

/** How long a step belongs to the process that entered it, before the sweepers may take it; doubles with each attempt. */
const leaseSeconds = 5
const longestLeaseSeconds = 30

export const createOrderStore = (dataSource: DataSource) => ({
  /** Places the order and answers with its id; undefined where the customer has used the idempotency key before. */
  place: (placement: Placement, now: Date): Promise<string | undefined> =>
    dataSource.transaction(manager => insertOrder(manager, placement, now)),

  /** Takes the order through a pure transition under its row lock; nothing is written unless it is `changed`. */
  change: (orderId: string, transition: (order: Order) => Transition): Promise<Transition> =>
    dataSource.transaction(async manager => {
      const row = await manager.findOne(orders, {
        where: { id: orderId },
        lock: { mode: 'pessimistic_write' },
      })
      if (row === null) throw new Error(`There is no order ${orderId} to change.`)
      const result = transition(toOrder(row))
      if (result.kind === 'changed') await updateOrder(manager, result.order, result.events)
      return result
    }),

  /** Notes that a step is done; changes nothing where the order is at another one by now. */
  finishStep: async ({ orderId, step }: DueStep): Promise<void> => {
    await dataSource.manager.update(
      orders,
      { id: orderId, nextStep: step },
      { nextStep: null, nextStepAt: null, stepAttempts: 0 },
    )
  },

  /** Leases up to `limit` due steps; those that stay undone are due again when the lease is over. */
  claimDueSteps: async (limit: number): Promise<readonly DueStep[]> => {
    const steps: readonly DueStep[] = await dataSource.query(claimDueSteps, [limit])
    return steps
  },
})

/** The next number on paper; one that is not used in the end leaves a gap. */
export const nextOrderNumber = async (manager: EntityManager): Promise<string> => {
  const rows: readonly { readonly number: string }[] = await manager.query(
    `select nextval('order_numbers')::text as number`,
  )
  const [row] = rows
  if (row === undefined) throw new Error('The sequence order_numbers gave no number.')
  return row.number
}

/** The order that a row holds. */
const toOrder = (row: OrderRow): Order => {
  const { id, number, customerId, status, currency, totalMinor, version, failure, placedAt } = row
  const facts = { id, number, customerId, version, placedAt, total: { amountMinor: totalMinor, currency } }
  if (status !== 'REJECTED') return { ...facts, status }
  if (failure === null) throw new Error(`The refusal of order ${id} is missing in its row.`)
  return { ...facts, status, refusal: failure }
}

const insertOrder = async (
  manager: EntityManager,
  { shippingAddress, idempotencyKey, inputHash, ...command }: Placement,
  now: Date,
): Promise<string | undefined> => {
  const id = uuidv7(now.getTime())
  const { order, events } = placeOrder({ ...command, id, number: await nextOrderNumber(manager) }, now)
  const inserted = await manager
    .createQueryBuilder()
    .insert()
    .into(orders)
    .values({
      id,
      number: order.number,
      customerId: order.customerId,
      status: order.status,
      currency: order.total.currency,
      totalMinor: order.total.amountMinor,
      shipping: shippingAddress,
      version: order.version,
      idempotencyKey,
      inputHash,
      placedAt: order.placedAt,
      ...entering(order),
    })
    // n.b. a request with the same key waits here until the first one's transaction has ended
    .orIgnore()
    .returning('id')
    .execute()
  if (inserted.raw.length === 0) return undefined
  await manager.insert(
    orderItems,
    command.lines.map((line, position) => ({ ...line, orderId: id, position })),
  )
  await record(manager, order, events)
  return id
}

const updateOrder = async (manager: EntityManager, order: Order, events: readonly OrderEvent[]) => {
  await manager.update(
    orders,
    { id: order.id },
    {
      status: order.status,
      version: order.version,
      failure: order.status === 'REJECTED' ? order.refusal : null,
      ...entering(order),
    },
  )
  await record(manager, order, events)
}

/** n.b. the database's clock: the sweepers of every replica compare with it. */
const entering = (order: Order) => {
  const nextStep = decide(order)
  return {
    nextStep,
    nextStepAt: nextStep === null ? null : () => `now() + interval '${leaseSeconds} seconds'`,
    stepAttempts: 0,
  }
}

const record = async (manager: EntityManager, order: Order, events: readonly OrderEvent[]) => {
  await manager.insert(
    orderChanges,
    events.map(event => ({
      orderId: order.id,
      version: event.version,
      status: event.status,
      at: event.at,
      reason: 'reason' in event ? event.reason : null,
    })),
  )
  await appendToOutbox(
    manager,
    events.map(event => toEnvelope(order, event)),
  )
}

const claimDueSteps = `
  with due as materialized (
    select id from orders
    where next_step is not null and next_step_at <= now()
    order by next_step_at
    limit $1
    for update skip locked
  ), leased as (
    update orders
    set next_step_at = now() + make_interval(
          secs => least(${leaseSeconds} * 2 ^ least(step_attempts, 10), ${longestLeaseSeconds})),
        step_attempts = step_attempts + 1
    from due
    where orders.id = due.id
    returning orders.id, orders.next_step
  )
  select id as "orderId", next_step as step from leased`
