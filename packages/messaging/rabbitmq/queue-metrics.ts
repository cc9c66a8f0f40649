import { defineReading, keptFor, type Sample } from '@supergraph/metrics/metrics.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import type { Connection } from 'rabbitmq-client'
import { findQueue } from './declare-queue.ts'
import { deadQueueOf, retryQueuesOf } from './topology.ts'

const messages = defineReading({
  kind: 'level',
  name: 'supergraph_queue_messages',
  help: 'Messages in the queues of RabbitMQ from which this process consumes; state is ready, waiting for the next attempt, or dead. Those that are being handled are not among them.',
  labels: ['queue', 'state'],
})

const usable = defineReading({
  kind: 'level',
  name: 'supergraph_broker_usable',
  help: '1 while this process is connected to RabbitMQ and may publish, else 0; of several connections the sum.',
  labels: [],
})

const keptMs = 5_000

/** Asks the broker how much is in these queues and beside them, at most every 5 s and only if somebody asks, until stopped. */
export const watchQueues = (
  connection: Connection,
  {
    queues,
    retryDelaysMs,
    isUsable,
  }: {
    readonly queues: ReadonlySet<string>
    readonly retryDelaysMs: readonly number[]
    readonly isUsable: () => boolean
  },
): Running => {
  // n.b. while a queue is renewed, those beside it may be away for a moment
  const countIn = async (queue: string): Promise<number> =>
    (await findQueue(connection, queue))?.messages ?? 0

  const samplesOf = async (queue: string): Promise<readonly Sample<'queue' | 'state'>[]> => {
    const [ready, dead, ...waiting] = await Promise.all(
      [queue, deadQueueOf(queue), ...retryQueuesOf(queue, retryDelaysMs)].map(countIn),
    )
    return [
      [{ queue, state: 'ready' }, ready ?? 0],
      [{ queue, state: 'waiting' }, waiting.reduce((total, count) => total + count, 0)],
      [{ queue, state: 'dead' }, dead ?? 0],
    ]
  }

  const read = keptFor(keptMs, async () => (await Promise.all([...queues].map(samplesOf))).flat())
  const readings = [
    // n.b. a broker that is away would be waited for
    messages.from(() => (isUsable() ? read() : [])),
    usable.from(() => [[{}, isUsable() ? 1 : 0]]),
  ]
  return together(readings)
}
