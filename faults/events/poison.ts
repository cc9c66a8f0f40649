import { randomUUID } from 'node:crypto'
import { deadQueueOf, eventsExchange, retryQueuesOf } from '@supergraph/messaging/rabbitmq/topology.ts'
import { defaultRetryDelaysMs } from '@supergraph/messaging/transport.ts'
import { queues } from '@supergraph/notifications/consumers/queues.ts'
import { OrderConfirmed } from '@supergraph/schema/events/orders.ts'
import { z } from 'zod'
import { consumerQueues } from '../../queues.ts'
import type { Broker } from '../../testbed/broker.ts'
import { startProcess } from '../../testbed/processes.ts'
import { inParallel, waitUntil } from '../../testbed/waiting.ts'
import { unmet } from '../scenario.ts'
import type { EventContext, EventScenario } from './event-scenario.ts'
import { databaseTime, findMissing, type Published, readPublished } from './inboxes.ts'

const atOnce = 16
const { queue } = queues.onOrderChanged
// n.b. Each queue that takes the type gets the malformed message and moves it to its dead letters.
const takers = consumerQueues.filter(({ events }) => events.some(({ type }) => type === OrderConfirmed.type))

/** An event that its consumer can't handle, and a message that is no event, among many good ones. */
export const poison: EventScenario = {
  name: 'poison',
  guarantee:
    'a poison message among 1,000: given up and visible, the rest handled, replayed once the cause is gone',
  sizes: { full: 1_000, short: 50 },
  run: async context => {
    const { system, broker, random, size } = context
    const since = await databaseTime(system.database)
    const [victim, ...others] = context.shop.customers
    const victimId = victim.kind === 'user' ? victim.id : ''
    const [first = victim, ...rest] = others
    const malformedId = randomUUID()
    await refuseNewsOf(context, victimId)
    try {
      const poisoned = random.integer(0, size - 1)
      const product = await context.shop.createProduct(size)
      await inParallel(size, atOnce, async index => {
        if (index === poisoned) await publishMalformed(broker, malformedId)
        await context.shop.checkOut({
          key: `poison ${index}`,
          customer: index === poisoned ? victim : random.fork(String(index)).pick([first, ...rest]),
          items: [{ productId: product.id, quantity: 1 }],
        })
        context.advance()
      })
      await waitUntil(
        'all of it is given up',
        async () => {
          await hasten(broker)
          return (await countDead(broker)) === takers.length + 1
        },
        { timeoutMs: 60_000, pollMs: 200 },
      )
    } finally {
      await acceptNewsAgain(context)
    }
    const letters = await listDead(broker)
    const missing = await findUnhandled(context, since)
    const [unhandled] = missing
    const ids = [unhandled?.id ?? '', malformedId]
    const replayed = await events(broker, 'replay', ids[0] ?? '', '--json')
    const dropped = await events(broker, 'drop', malformedId, '--json')
    const left = await listDead(broker)
    return unmet([
      [
        missing.length === 1 && unhandled?.type === OrderConfirmed.type,
        `${missing.length} events were not handled, where one is poison: ${JSON.stringify(missing.slice(0, 5))}`,
      ],
      [
        ids.every(id => letters.some(({ messageId }) => messageId === id)),
        `npm run events -- dead does not show ${ids.join(' and ')}: ${JSON.stringify(letters)}`,
      ],
      [
        letters.some(
          ({ error, attempts }) => error.includes(cause) && attempts === defaultRetryDelaysMs.length + 1,
        ),
        `not given up for its cause after the last attempt: ${JSON.stringify(letters)}`,
      ],
      [replayed.length === 1 && dropped.length === takers.length, 'not replayed and dropped'],
      [left.length === 0, `still given up: ${JSON.stringify(left)}`],
    ])
  },
}

const cause = 'news of confirmed orders of this customer are refused'

/** Makes the database refuse what the consumer writes about a customer's confirmed orders, as a mistake in it would. */
const refuseNewsOf = async ({ system: { database } }: EventContext, customerId: string): Promise<void> => {
  await database.query(
    'notifications',
    `create function refuse_news() returns trigger language plpgsql as $$
     begin
       raise exception '${cause}';
     end $$`,
  )
  await database.query(
    'notifications',
    `create trigger refuse_news before insert on order_updates for each row
     when (new.type = '${OrderConfirmed.type}' and new.customer_id = '${z.uuid().parse(customerId)}')
     execute function refuse_news()`,
  )
}

const acceptNewsAgain = async ({ system: { database } }: EventContext): Promise<void> => {
  await database.query('notifications', 'drop function refuse_news cascade')
}

const publishMalformed = (broker: Broker, messageId: string): Promise<void> =>
  broker.withConnection(async connection => {
    const publisher = connection.createPublisher({ confirm: true })
    await publisher.send(
      { exchange: eventsExchange, routingKey: OrderConfirmed.type, messageId, durable: true },
      { type: OrderConfirmed.type, data: 'none' },
    )
    await publisher.close()
  })

/** Delivers at once what waits for its next attempt, as the queues themselves do later. */
const hasten = (broker: Broker): Promise<void> =>
  broker.withConnection(async connection => {
    const publisher = connection.createPublisher({ confirm: true })
    for (const waiting of retryQueuesOf(queue, defaultRetryDelaysMs)) {
      const message = await connection.basicGet({ queue: waiting, noAck: true })
      if (message === undefined) continue
      const { messageId, type, contentType, headers = {}, body } = message
      await publisher.send({ routingKey: queue, messageId, type, contentType, headers, durable: true }, body)
    }
    await publisher.close()
  })

/** The events that no inbox has after all others were handled. */
const findUnhandled = async (
  { system: { database } }: EventContext,
  since: string,
): Promise<readonly Published[]> => {
  const published = await readPublished(database, since)
  let missing: readonly Published[] = []
  await waitUntil(
    'the rest is handled',
    async () => {
      missing = await findMissing(database, published)
      return missing.length <= 1
    },
    { pollMs: 200 },
  ).catch(() => {})
  return missing
}

const letters = z.array(z.object({ messageId: z.string(), error: z.string(), attempts: z.number() }))

const countDead = (broker: Broker): Promise<number> =>
  broker.withConnection(async connection => {
    let count = 0
    for (const taker of takers) {
      const { messageCount } = await connection.queueDeclare({
        queue: deadQueueOf(taker.queue),
        passive: true,
      })
      count += messageCount ?? 0
    }
    return count
  })

const listDead = (broker: Broker) => events(broker, 'dead', '--json')

/** What `npm run events` says. */
const events = async (broker: Broker, ...args: readonly string[]): Promise<z.output<typeof letters>> => {
  const command = startProcess(['commands/events/events.ts', ...args], { RABBITMQ_URL: broker.url })
  await command.exited
  return letters.parse(JSON.parse(command.output()))
}
