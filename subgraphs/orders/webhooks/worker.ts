import type { Clock } from '@supergraph/postgres/clock.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { type Loop, startLoop } from '@supergraph/runtime/loop.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import type { DataSource } from 'typeorm'
import { hastenWaiting } from '../database/order-statements.ts'
import type { OrderStore } from '../database/order-store.ts'
import { claimWebhookEvents, endWebhookEvents, type HintedOrder } from '../database/webhook-events.ts'
import { reactionTo } from '../domain/webhook-event.ts'
import type { Payments } from '../payments/payments.ts'

const everyMs = 1_000
const atOnce = 50
const askedForAtOnce = 8

/**
 * Works the stored events off, each once, until stopped. An event is a hint: nothing of it is believed, and the provider is
 * asked, by the step of the order that does so, or for the refunds and disputes of an order that has no step to take.
 * `onHastened` is called when a sweeper has something to do.
 */
export const startWebhookWorker = ({
  database,
  store,
  payments,
  clock,
  onHastened,
  logger,
}: {
  readonly database: DataSource
  readonly store: OrderStore
  readonly payments: Payments
  readonly clock: Clock
  readonly onHastened: () => void
  readonly logger: Logger
}): Loop => {
  const turns = createTurns({ atOnce: askedForAtOnce })

  /** Asks what has happened to the payment of an order, and returns the events about it that are handled by that. */
  const settle = async (hints: readonly HintedOrder[]): Promise<readonly HintedOrder[]> => {
    const [hint] = hints
    if (hint === undefined) return []
    const { orderId, fence, paymentId, currency } = hint
    if (orderId === null || fence === null || paymentId === null || currency === null) return hints
    const asksFor = (topic: HintedOrder['topic']) => hints.some(hint => hint.topic === topic)
    try {
      const isLost = asksFor('PAYMENT') ? (await payments.look(paymentId)).kind === 'declined' : null
      const refunds = asksFor('REFUNDS') ? await payments.refundsOf(paymentId, currency) : null
      const disputes = asksFor('DISPUTES') ? await payments.disputesOf(paymentId, currency) : null
      const outcome = await store.settle({ orderId, fence }, { isLost, refunds, disputes }, clock.now())
      if (outcome === 'changed') onHastened()
      return outcome === 'stale' ? [] : hints
    } catch (error) {
      logger.warn({ orderId, err: error }, 'what happened to a payment could not be asked; trying again')
      return []
    }
  }

  const work = async (): Promise<number> => {
    const hints = await claimWebhookEvents(database, atOnce)
    if (hints.length === 0) return everyMs
    const { hasten = [], settle: settled = [], nothing = [] } = Object.groupBy(hints, reactionTo)
    const hastened = await hastenWaiting(
      database,
      hasten.flatMap(({ orderId }) => orderId ?? []),
    )
    if (hastened > 0) onHastened()
    // n.b. what else has happened to the refunds is asked for once the order's own refund has ended
    const ended = [...hasten.filter(({ topic }) => topic === 'PAYMENT'), ...nothing]
    const byOrder = Map.groupBy(settled, ({ orderId }) => orderId)
    const answers = await Promise.all([...byOrder.values()].map(own => turns.run(() => settle(own))))
    ended.push(...answers.flat())
    await endWebhookEvents(database, ended)
    for (const { eventId, type, orderId } of hints.filter(hint => hint.isLast && !ended.includes(hint)))
      logger.error({ eventId, type, orderId }, 'an event of the payment provider was given up after 14 days')
    return hints.length < atOnce ? everyMs : 0
  }
  return startLoop({
    everyMs,
    work,
    onError: error =>
      logger.warn({ err: error }, 'events of the payment provider were not handled; trying again'),
  })
}
