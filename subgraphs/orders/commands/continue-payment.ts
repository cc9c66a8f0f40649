import type { OrderRow } from '../database/tables.ts'
import type { Services } from './services.ts'
import { outcomeBy, outcomeDeadline, readUntil } from './waiting.ts'

/** Whose payment is asked for, and until when the caller waits, in milliseconds since the epoch. */
type ContinuePaymentRequest = {
  readonly orderId: string
  readonly customerId: string
  readonly callerDeadlineAtMs: number
}

type ContinuePaymentOutcome =
  | { readonly kind: 'continued'; readonly order: OrderRow }
  | { readonly kind: 'tooMany'; readonly waitMs: number }

/**
 * Creates the command that asks the payment provider how the payment of an order stands that waits for it, and goes on with
 * the order. It returns the order as it then is: by the caller's deadline, 3 s at most. Again, or for an order that does not
 * wait, it changes nothing.
 */
export const createContinuePayment = ({ store, reads, driver, throttle }: Services) => {
  const underWay = new Map<string, Promise<void>>()

  const goOn = async (orderId: string, deadlineAtMs: number): Promise<void> => {
    // n.b. two processes that ask in turn would take the order from each other, and neither would get on
    const isFree = await readUntil(deadlineAtMs, () => throttle.beginAsking(orderId), Boolean)
    if (!isFree) return
    try {
      const due = await store.claimWaiting(orderId)
      if (due !== undefined) await driver.drive(due, throttle.unusedAfterWait)
    } finally {
      await throttle.endAsking(orderId)
    }
  }

  return async ({
    orderId,
    customerId,
    callerDeadlineAtMs,
  }: ContinuePaymentRequest): Promise<ContinuePaymentOutcome> => {
    const deadlineAtMs = outcomeDeadline(callerDeadlineAtMs)
    const waitMs = await throttle.beginContinuing(customerId)
    if (waitMs > 0) return { kind: 'tooMany', waitMs }
    // n.b. whoever asks again and again asks the provider once
    const going = underWay.get(orderId) ?? goOn(orderId, deadlineAtMs).finally(() => underWay.delete(orderId))
    underWay.set(orderId, going)
    await outcomeBy(deadlineAtMs, going)
    const order = await readUntil(
      deadlineAtMs,
      () => reads.order(orderId),
      ({ status, step }) => status !== 'PENDING' || step === 'AWAIT_PAYMENT',
    )
    return { kind: 'continued', order }
  }
}
