import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { waitUntil } from '../../testbed/waiting.ts'
import { benchQueue, type EventSystem } from './event-system.ts'

const Measured = defineEvent({
  type: 'bench.measured',
  source: 'bench',
  data: z.object({ about: z.string() }),
})
const aggregates = 1_000
const eventsPerTransaction = 100
const logger = { info: () => {}, warn: () => {}, error: () => {} }

/** Events a second from the first commit to the last entry in the inbox; the relay and the consumer share this process. */
export const measureThroughput = async (system: EventSystem, count: number): Promise<number> => {
  const { publisher, consumer, transport } = system
  let handled = 0
  const { stop } = await startAll(async use => {
    use(
      await startConsumer({
        database: consumer,
        transport,
        queue: benchQueue,
        events: [Measured],
        logger,
        handle: async (_, events) => {
          handled += events.length
        },
      }),
    )
    use(await startRelay({ ...publisher, transport, logger }))
  })
  try {
    const subjects = Array.from({ length: aggregates }, () => uuidv7())
    const startedAt = performance.now()
    for (let written = 0; written < count; written += eventsPerTransaction) {
      const events = Array.from({ length: eventsPerTransaction }, (_, index) =>
        Measured.create({
          id: uuidv7(),
          subject: subjects[(written + index) % aggregates] ?? '',
          version: Math.floor((written + index) / aggregates),
          occurredAt: new Date(),
          data: { about: 'x'.repeat(200) },
        }),
      )
      await publisher.database.transaction(manager => appendToOutbox(manager, events))
    }
    await waitUntil('all events are handled', async () => handled >= count, { timeoutMs: 120_000 })
    return (count / (performance.now() - startedAt)) * 1_000
  } finally {
    await stop()
  }
}
