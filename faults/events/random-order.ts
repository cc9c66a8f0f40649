import { anyEnvelope, type Envelope } from '@supergraph/messaging/envelope.ts'
import { bindings, eventsExchange } from '@supergraph/messaging/rabbitmq/topology.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import { consumerQueues } from '../../queues.ts'
import type { Broker } from '../../testbed/broker.ts'
import { inParallel, waitUntil } from '../../testbed/waiting.ts'
import { unmet } from '../scenario.ts'
import { settle } from '../settling.ts'
import type { EventScenario } from './event-scenario.ts'
import { publishEvents } from './order-lives.ts'

const copies = 3
const publishedAtOnce = 64
const handledWithinMs = 120_000

/** Keeps real events from the queues, and then delivers each three times in random order. */
export const randomOrder: EventScenario = {
  name: 'random-order',
  guarantee:
    '10,000 events three times each in random order: the effect of each once, of each order the newest word',
  sizes: { full: 10_000, short: 100 },
  run: async context => {
    const { system, broker, random, size } = context
    await bindQueues(broker, 'queueUnbind')
    const events = await collectEvents(broker, async () => {
      await publishEvents(context)
      await settle(system.database)
    }).finally(() => bindQueues(broker, 'queueBind'))
    const transport = await connectRabbitMq({ url: broker.url, logger: silent })
    try {
      const shuffled = random.fork('deliveries').shuffled(Array.from({ length: copies }, () => events).flat())
      await inParallel(shuffled.length, publishedAtOnce, async index => {
        const event = shuffled[index]
        if (event !== undefined) await transport.publish(event)
      })
    } finally {
      await transport.stop()
    }
    await waitUntil('the queues are empty', async () => (await countQueued(broker)) === 0, {
      timeoutMs: handledWithinMs,
      pollMs: 200,
    })
    return unmet([[events.length >= size, `${events.length} of ${size} events to shuffle`]])
  },
}

/** Every event that is published while `work` is done. */
const collectEvents = (broker: Broker, work: () => Promise<void>): Promise<readonly Envelope[]> =>
  broker.withConnection(async connection => {
    const queue = 'faults.collected'
    await connection.queueDeclare({ queue, exclusive: true })
    for (const routingKey of new Set(consumerQueues.flatMap(({ events }) => events.map(({ type }) => type))))
      await connection.queueBind({ queue, exchange: eventsExchange, routingKey })
    const events: Envelope[] = []
    const consumer = connection.createConsumer(
      { queue, queueOptions: { exclusive: true }, noAck: true },
      ({ body }) => {
        events.push(anyEnvelope.parse(body))
      },
    )
    await work()
    await waitUntil('every event is collected', async () => {
      const { messageCount } = await connection.queueDeclare({ queue, passive: true })
      return messageCount === 0
    })
    await consumer.close()
    return events
  })

/** Takes all events from the durable queues, or gives them back. */
const bindQueues = (broker: Broker, change: 'queueBind' | 'queueUnbind'): Promise<void> =>
  broker.withConnection(async connection => {
    for (const { queue, events } of consumerQueues) {
      const types = events.map(({ type }) => type)
      for (const binding of bindings(eventsExchange, queue, types)) await connection[change](binding)
    }
  })

const countQueued = (broker: Broker): Promise<number> =>
  broker.withConnection(async connection => {
    let count = 0
    for (const { queue } of consumerQueues) {
      count += (await connection.queueDeclare({ queue, passive: true })).messageCount ?? 0
    }
    return count
  })

const silent = { info: () => {}, warn: () => {}, error: () => {} }
