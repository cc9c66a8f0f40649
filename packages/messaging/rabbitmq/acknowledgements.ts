import type { Channel } from 'rabbitmq-client'

/** How the deliveries of a channel are answered, each by its delivery tag. */
export type Acknowledgements = {
  /** Notes a delivery that is to be answered; to be called in the order of the deliveries. */
  readonly expect: (tag: number) => void
  readonly ack: (tag: number) => void
  /** Gives the message back to its queue. */
  readonly requeue: (tag: number) => void
}

/**
 * Answers for a channel. What is acknowledged in one turn of the event loop is acknowledged together as far as no older
 * delivery is unanswered. If the channel is lost, the broker delivers again what was not acknowledged.
 */
export const createAcknowledgements = (
  channel: Pick<Channel, 'active' | 'basicAck' | 'basicNack'>,
): Acknowledgements => {
  const unanswered = new Set<number>()
  let acked: number[] = []

  const flush = () => {
    const tags = acked
    acked = []
    if (!channel.active) return
    const [oldest = Number.POSITIVE_INFINITY] = unanswered
    const together = tags.filter(tag => tag < oldest)
    if (together.length > 0) channel.basicAck({ deliveryTag: Math.max(...together), multiple: true })
    for (const deliveryTag of tags) if (deliveryTag > oldest) channel.basicAck({ deliveryTag })
  }

  return {
    expect: tag => void unanswered.add(tag),
    ack: tag => {
      unanswered.delete(tag)
      if (acked.length === 0) setImmediate(flush)
      acked.push(tag)
    },
    requeue: tag => {
      unanswered.delete(tag)
      if (channel.active) channel.basicNack({ deliveryTag: tag, requeue: true })
    },
  }
}
