import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { listSubjects, tracesAbout } from '../database/subject-reads.ts'
import { readSpans } from '../database/trace-reads.ts'
import type { OrderRow, OrdersView, OrderView, ShopOrder } from '../pages/views.ts'
import type { Ledger } from '../shop/ledger.ts'
import type { Shop } from '../shop/orders.ts'
import { sagaOf } from '../traces/order-saga.ts'
import { type Act, parseAct, reason, type View } from './view.ts'

const perPage = 50

/** The views of orders: the latest, those under way first, and the saga and the accounts of one. */
export const createOrderViews = (
  database: DataSource,
  shop: Shop,
  ledger: Ledger,
  simulatorUrl: string | undefined,
): readonly View[] => {
  const paymentsUrl = simulatorUrl === undefined ? null : new URL('/simulator', simulatorUrl).href
  const readList: View['read'] = async (_id, _query, { accessToken }): Promise<OrdersView> => {
    const [seen, answer] = await Promise.all([
      listSubjects(database, 'order', { label: undefined, limit: perPage }),
      shop.orders(accessToken),
    ])
    const orders = answer.orders.map(
      (order): OrderRow => ({
        id: order.id,
        order,
        owesRefund: answer.owing.has(order.id),
        seen: seen.find(({ id }) => id === order.id) ?? null,
      }),
    )
    const others = seen
      .filter(({ id }) => !orders.some(order => order.id === id))
      .map((row): OrderRow => ({ id: row.id, order: null, owesRefund: false, seen: row }))
    return {
      orders: [...orders, ...others].toSorted((a, b) => rankOf(a) - rankOf(b)),
      shopIsSilent: answer.silence,
      paymentsUrl,
    }
  }
  const readOne: View['read'] = async (id, _query, { accessToken }): Promise<OrderView | undefined> => {
    const traceIds = await tracesAbout(database, 'order', id)
    const [spans, answer, compared] = await Promise.all([
      readSpans(database, traceIds),
      shop.order(id, accessToken),
      ledger.ofOrder(id),
    ])
    const [order = null] = answer.orders
    if (order === null && traceIds.length === 0 && compared.account === null) return undefined
    return {
      id,
      order,
      shopIsSilent: answer.silence,
      steps: sagaOf(spans, id),
      ledger: compared,
      traceIds,
      paymentsUrl: paymentsUrl && `${paymentsUrl}?order=${id}`,
    }
  }
  return [
    { path: /^\/orders$/, read: readList },
    { path: /^\/orders\/([\da-f-]{36})$/, read: readOne },
  ]
}

/** What can be done with an order, by its own rules: let its next step be tried now, or cancel it. */
export const createOrderActs = (shop: Shop): readonly Act[] => {
  const act = (action: 'retry' | 'cancel'): Act => ({
    path: new RegExp(`^/orders/([\\da-f-]{36})/${action}$`),
    prepare: (body, orderId) => {
      const { reason: why } = parseAct(z.object({ reason }), body)
      return {
        act: `${action} order`,
        about: orderId,
        reason: why,
        details: { orderId },
        perform: async ({ accessToken }) => {
          const status =
            action === 'retry'
              ? await shop.retry(orderId, accessToken)
              : await shop.cancel(orderId, why, accessToken)
          return { outcome: `${action === 'retry' ? 'It is tried now' : 'Done'}: the order is ${status}.` }
        },
      }
    },
  })
  return [act('retry'), act('cancel')]
}

const minuteMs = 60_000

/** n.b. what is stuck must be seen first; a sort that compares nothing else keeps the rest as it is. */
const rankOf = ({ order, owesRefund, seen }: OrderRow): number => {
  if (owesRefund || (order !== null && isStuck(order))) return 0
  if (order !== null && order.nextStep !== null) return 1
  return seen?.isFailed === true ? 2 : 3
}

/** Whether an order's next step has failed again and again or waits long after it has failed, or nobody takes it. */
const isStuck = ({ nextStep }: ShopOrder): boolean => {
  if (nextStep === null) return false
  const { failedAttempts, dueAt } = nextStep
  const dueInMs = Date.parse(dueAt) - Date.now()
  return failedAttempts > 2 || (failedAttempts > 0 && dueInMs > 10 * minuteMs) || dueInMs < -minuteMs
}
