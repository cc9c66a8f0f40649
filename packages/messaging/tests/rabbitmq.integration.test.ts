import { once } from 'node:events'
import { createServer } from 'node:net'
import { registry } from '@supergraph/metrics/metrics.ts'
import { Connection } from 'rabbitmq-client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Envelope } from '../envelope.ts'
import { BrokerUnavailable } from '../rabbitmq/connection.ts'
import { openRabbitMqDeadLetters } from '../rabbitmq/dead-letters.ts'
import { followRabbitMq } from '../rabbitmq/events.ts'
import { deadQueueOf } from '../rabbitmq/topology.ts'
import { connectRabbitMq } from '../rabbitmq/transport.ts'
import { RetryLater, type Subscription, type Transport, Unroutable } from '../transport.ts'
import { createBrokenLine, portOf } from './broken-line.ts'
import { describeDeadLetters } from './dead-letter-suite.ts'
import { event, silent, type TransportUnderTest, testRetryDelaysMs } from './suite-world.ts'
import { brokerUrl, createTestNamespace } from './test-namespace.ts'
import { describeTransport } from './transport-suite.ts'

const broker = brokerUrl()

describe.skipIf(broker === undefined)('with a broker', () => {
  describeTransport('the RabbitMQ transport', () => connectForTest(broker ?? ''))
  describeDeadLetters('dead letters on RabbitMQ', () => connectForTest(broker ?? ''))

  it('refuses each of several unroutable events that are published at once, also under one id', async () => {
    const { transport, queue } = await connectForTest(broker ?? '')
    await transport.consume(take(queue, []))
    const lost = { ...event(), type: 'counter.lowered' }
    const results = await Promise.allSettled(
      [lost, event(), lost, event()].map(one => transport.publish(one)),
    )
    expect(
      results.map(result => (result.status === 'rejected' ? result.reason.constructor : 'published')),
    ).toEqual([Unroutable, 'published', Unroutable, 'published'])
  })

  it('goes on with queues that another release made with other arguments, and delivers what lies in them', async () => {
    const { transport, queue, namespace } = await connectForTest(broker ?? '')
    const connection = new Connection(broker ?? '')
    onTestFinished(() => connection.close())
    const scoped = `${namespace}.${queue}`
    for (const name of [scoped, deadQueueOf(scoped)]) {
      const declaration = { 'x-queue-type': 'quorum', 'x-delivery-limit': 7 } as const
      await connection.queueDeclare({ queue: name, durable: true, arguments: declaration })
    }
    const earlier = event()
    const publisher = connection.createPublisher({ confirm: true })
    await publisher.send({ routingKey: scoped, durable: true, messageId: earlier.id }, earlier)
    await publisher.close()
    const taken: string[] = []
    await transport.consume({
      ...take(queue, []),
      deliver: async (envelope, attempt) => {
        taken.push(String(Object(envelope).id))
        if (attempt === 1) return { kind: 'retry', error: new Error('once more') }
        return { kind: 'ack' }
      },
    })
    const later = event()
    await transport.publish(later)
    await vi.waitFor(() => expect(taken).toHaveLength(4))
    const ids = [earlier.id, later.id]
    expect(taken.sort()).toEqual([...ids, ...ids].sort())
  })

  it('tells how many messages wait in its queues, and how many it gave up on', async () => {
    const { transport, queue, namespace } = await connectForTest(broker ?? '')
    const error = new Error('poison')
    await transport.consume({ ...take(queue, []), deliver: async () => ({ kind: 'deadLetter', error }) })
    await transport.publish(event())
    const lines = async () =>
      (await registry.getSingleMetricAsString('supergraph_queue_messages')).split('\n')
    const line = (state: string, count: number) =>
      `supergraph_queue_messages{queue="${namespace}.${queue}",state="${state}"} ${count}`
    const expected = [line('ready', 0), line('waiting', 0), line('dead', 1)]
    await vi.waitFor(async () => expect(await lines()).toEqual(expect.arrayContaining(expected)), {
      interval: 250,
    })
    expect(transport.broker?.isUsable()).toBe(true)
    await transport.stop()
    expect(await lines()).not.toEqual(expect.arrayContaining([expect.stringContaining(namespace)]))
  })

  it('lets someone follow the events, and still counts an event without a consumer as not delivered', async () => {
    const { transport, queue, namespace } = await connectForTest(broker ?? '')
    await transport.consume(take(queue, []))
    const followed: unknown[] = []
    const following = await followRabbitMq({
      url: broker ?? '',
      namespace,
      queues: [
        { queue, types: ['counter.raised'] },
        { queue: `${queue}-too`, types: ['counter.lowered'] },
      ],
      handle: envelope => followed.push(envelope),
      logger: silent,
    })
    onTestFinished(() => following.stop())
    expect(following.types).toEqual(['counter.raised'])
    await expect(transport.publish({ ...event(), type: 'counter.lowered' })).rejects.toThrow(Unroutable)
    const raised = event()
    await transport.publish(raised)
    await vi.waitFor(() => expect(followed).toEqual([raised]))
  })

  it('comes back by itself after the connection is lost, and loses nothing that was confirmed', {
    timeout: 60_000,
  }, async () => {
    const line = await createBrokenLine(broker ?? '')
    const { transport, queue } = await connectForTest(line.url)
    const taken: string[] = []
    await transport.consume(take(queue, taken))
    const before = event()
    await transport.publish(before)
    line.cut()
    const during = event()
    const publishing = transport.publish(during)
    line.mend()
    await publishing.catch(error => {
      expect(error).toBeInstanceOf(RetryLater)
      return publishUntilConfirmed(transport, during)
    })
    const after = event()
    await publishUntilConfirmed(transport, after)
    await vi.waitFor(() => expect(new Set(taken)).toEqual(new Set([before.id, during.id, after.id])))
  })

  it('stops within a few seconds while the broker is away', { timeout: 20_000 }, async () => {
    const line = await createBrokenLine(broker ?? '')
    const { transport, queue } = await connectForTest(line.url)
    await transport.consume(take(queue, []))
    line.cut()
    await vi.waitFor(() => expect(transport.broker?.isUsable()).toBe(false))
    const startedAt = performance.now()
    await transport.stop()
    expect(performance.now() - startedAt).toBeLessThan(8_000)
  })

  it('stops at once while an event waits for the database, and gives it back', async () => {
    const { transport, queue } = await connectForTest(broker ?? '', [60_000])
    let deliveries = 0
    const consumer = await transport.consume({
      ...take(queue, []),
      deliver: async () => {
        deliveries += 1
        return { kind: 'postpone', error: new Error('no database') }
      },
    })
    const waiting = event()
    await transport.publish(waiting)
    await vi.waitFor(() => expect(deliveries).toBe(1))
    const startedAt = performance.now()
    await consumer.stop()
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    const taken: string[] = []
    await transport.consume(take(queue, taken))
    await vi.waitFor(() => expect(taken).toEqual([waiting.id]))
  })

  it('says that the password is wrong, without telling it', async () => {
    const wrong = new URL(broker ?? '')
    wrong.password = 'hunter2'
    const error = await connectRabbitMq({ url: wrong.href, logger: silent }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(BrokerUnavailable)
    expect(String(error)).toMatch(
      /refuses this user, password or virtual host \(ACCESS_REFUSED\): correct RABBITMQ_URL/,
    )
    expect(String(error)).not.toContain('hunter2')
  })
})

it('says within 5 s that nothing listens at the address, and what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  const error = await connectRabbitMq({ url: `amqp://guest:secret@127.0.0.1:${port}`, logger: silent }).catch(
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(BrokerUnavailable)
  expect(String(error)).toBe(
    `BrokerUnavailable: RabbitMQ at 127.0.0.1:${port} can't be reached (ECONNREFUSED): start it, or correct RABBITMQ_URL.`,
  )
})

it.each([
  '',
  'localhost:5672',
  'http://guest:secret@localhost',
  'amqp://:secret@@',
])('says how to write the URL instead of %j, and repeats no part of it', async unreadable => {
  await expect(connectRabbitMq({ url: unreadable, logger: silent })).rejects.toThrow(
    'The RabbitMQ URL is unreadable: write RABBITMQ_URL as amqp://user:password@host:port.',
  )
})

const connectForTest = async (
  url: string,
  retryDelaysMs: readonly number[] = testRetryDelaysMs,
): Promise<TransportUnderTest & { readonly namespace: string }> => {
  const queue = 'tests.on-counter-raised'
  const queues = [queue, `${queue}-too`]
  const { namespace, drop } = createTestNamespace(broker ?? '', queues, retryDelaysMs)
  onTestFinished(drop)
  const transport = await connectRabbitMq({ url, namespace, logger: silent }, { retryDelaysMs })
  onTestFinished(() => transport.stop())
  return {
    transport,
    queue,
    namespace,
    openDeadLetters: () => openRabbitMqDeadLetters({ url, namespace, queues, logger: silent }),
  }
}

const take = (queue: string, taken: string[]): Subscription => ({
  queue,
  types: ['counter.raised'],
  prefetch: 4,
  deliver: async envelope => {
    if (typeof envelope === 'object' && envelope !== null && 'id' in envelope) taken.push(String(envelope.id))
    return { kind: 'ack' }
  },
})

const publishUntilConfirmed = (transport: Transport, envelope: Envelope) =>
  vi.waitFor(() => transport.publish(envelope), { timeout: 60_000, interval: 100 })
