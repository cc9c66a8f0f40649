import { Connection } from 'rabbitmq-client'
import { inParallel, waitUntil } from '../../testbed/waiting.ts'
import type { EventSystem } from './event-system.ts'
import { atRate } from './pace.ts'

/** A bare quorum queue: nothing but publish, confirm and consume. */
export type RoundTrip = {
  /** Milliseconds from each publish to its delivery. */
  readonly latencies: (perSecond: number, count: number) => Promise<readonly number[]>
  /** Messages a second, from the first publish to the last delivery. */
  readonly throughput: (count: number) => Promise<number>
  readonly stop: () => Promise<void>
}

const publishedAtOnce = 200
const body = { about: 'x'.repeat(500) }

/** Declares the queue, on connections of its own. */
export const startRoundTrip = async ({ brokerUrl, namespace }: EventSystem): Promise<RoundTrip> => {
  const queue = `${namespace}.bench.bare`
  const [publishing, consuming] = [new Connection(brokerUrl), new Connection(brokerUrl)]
  const queueOptions = { queue, durable: true, arguments: { 'x-queue-type': 'quorum' } } as const
  await consuming.queueDeclare(queueOptions)
  const publisher = publishing.createPublisher({ confirm: true })
  const deliveredAt = new Map<string, number>()
  const consumer = consuming.createConsumer({ queue, qos: { prefetchCount: 16 }, queueOptions }, message => {
    deliveredAt.set(message.messageId ?? '', performance.now())
  })
  let sent = 0
  const send = async (): Promise<{ readonly messageId: string; readonly at: number }> => {
    sent += 1
    const messageId = String(sent)
    const at = performance.now()
    await publisher.send({ routingKey: queue, messageId, durable: true }, body)
    return { messageId, at }
  }
  const untilDelivered = () =>
    waitUntil('all messages are delivered', async () => deliveredAt.size === sent, { timeoutMs: 60_000 })

  return {
    latencies: async (perSecond, count) => {
      const messages: Awaited<ReturnType<typeof send>>[] = []
      await atRate(perSecond, count, async numbers => {
        messages.push(...(await Promise.all(numbers.map(send))))
      })
      await untilDelivered()
      return messages.map(({ messageId, at }) => (deliveredAt.get(messageId) ?? Number.NaN) - at)
    },
    throughput: async count => {
      const startedAt = performance.now()
      await inParallel(count, publishedAtOnce, async () => void (await send()))
      await untilDelivered()
      return (count / (performance.now() - startedAt)) * 1_000
    },
    stop: async () => {
      await consumer.close()
      await publisher.close()
      await consuming.queueDelete(queue)
      await Promise.all([publishing.close(), consuming.close()])
    },
  }
}
