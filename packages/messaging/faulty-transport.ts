import { broker } from '@supergraph/runtime/faults/fault.ts'
import { faultSwitch } from '@supergraph/runtime/faults/switch.ts'
import { type Outcome, type Subscription, type Transport, TransportUnavailable } from './transport.ts'

const retryAfterMs = 1_000

/**
 * A transport with the faults of this process. While the broker is away, nothing is published, heard or consumed: events wait in
 * the outbox, and deliveries wait for their turn. What a queue has handled is delivered once more if its service has double
 * delivery. The same transport if this process has no switch.
 */
export const withTransportFaults = (transport: Transport): Transport => {
  const faults = faultSwitch()
  if (faults === undefined) return transport
  const atBroker = faults.at(broker)
  const isAway = () => atBroker.now?.isAway === true

  const consume: Transport['consume'] = async subscription => {
    const place = faults.at(subscription.queue.slice(0, subscription.queue.indexOf('.')))
    const waiting = new Set<() => void>()
    let isStopping = false
    const release = () => {
      for (const resolve of waiting) resolve()
      waiting.clear()
    }
    const endListening = faults.onChange(() => {
      if (!isAway()) release()
    })
    // n.b. without a fault nothing is awaited before the delivery: the order of the calls is that of an aggregate's events
    const deliver: Subscription['deliver'] = async (envelope, attempt, isRedelivery) => {
      if (isAway()) await new Promise<void>(resolve => waiting.add(resolve))
      if (isStopping) return stopped
      const outcome = await subscription.deliver(envelope, attempt, isRedelivery)
      return outcome.kind === 'ack' && place.now?.deliversTwice
        ? subscription.deliver(envelope, attempt, true)
        : outcome
    }
    const running = await transport.consume({ ...subscription, deliver })
    return {
      stop: async () => {
        isStopping = true
        // n.b. the consumer must know that it stops before the deliveries end that it waits for
        const ended = running.stop()
        endListening()
        release()
        await ended
      },
    }
  }

  return {
    ...transport,
    ...(transport.broker && {
      broker: { isUsable: () => !isAway() && transport.broker?.isUsable() === true },
    }),
    publish: async (envelope, queues) => {
      if (isAway()) throw new TransportUnavailable('The broker is away, as somebody wanted it.', retryAfterMs)
      await transport.publish(envelope, queues)
    },
    consume,
    listen: ({ types, handle }) =>
      transport.listen({ types, handle: envelope => (isAway() ? undefined : handle(envelope)) }),
  }
}

const stopped: Outcome = { kind: 'postpone', error: new Error('The consumer is stopping.') }
