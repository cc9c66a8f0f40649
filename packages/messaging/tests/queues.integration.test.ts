import { setImmediate, setTimeout } from 'node:timers/promises'
import { Connection, type Envelope as MessageProperties, type SyncMessage } from 'rabbitmq-client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Envelope } from '../envelope.ts'
import { openRabbitMqDeadLetters } from '../rabbitmq/dead-letters.ts'
import { findQueue } from '../rabbitmq/declare-queue.ts'
import type { QueueState } from '../rabbitmq/queue-states.ts'
import { openRabbitMqQueues, type Queues } from '../rabbitmq/queues.ts'
import {
  bindings,
  deadQueueOf,
  eventsExchange,
  exchangeDeclaration,
  formerRetryQueuesOf,
  holdingQueueOf,
  keysOf,
  retryQueueOf,
  retryQueuesOf,
} from '../rabbitmq/topology.ts'
import { connectRabbitMq } from '../rabbitmq/transport.ts'
import type { MessagingLogger, Subscription, Transport } from '../transport.ts'
import { createBrokenLine } from './broken-line.ts'
import { event, patienceMs, silent, testRetryDelaysMs } from './suite-world.ts'
import { brokerUrl, createTestNamespace } from './test-namespace.ts'

const url = brokerUrl() ?? ''
const name = 'tests.on-counter-raised'
const former = 'tests.on-counter-lowered'
const types = ['counter.raised', 'counter.reset']

/** The arguments that an earlier release wanted. */
const earlierArguments = { 'x-queue-type': 'quorum', 'x-delivery-limit': 7 } as const

describe.skipIf(url === '')('queues', { timeout: 240_000 }, () => {
  it('are listed: which stand as wanted, which differ and in what, and what nobody uses', async () => {
    const { queue, dead, connection, connect, open } = await createPlace()
    const transport = await connect()
    await transport.consume({ ...take([]), deliver: async () => ({ kind: 'deadLetter', error: 'no' }) })
    const left = formerRetryQueuesOf(queue)[1] ?? ''
    const beyond = retryQueueOf(queue, testRetryDelaysMs.length + 1)
    const scopedFormer = queue.replace(name, former)
    for (const each of [left, beyond, scopedFormer, holdingQueueOf(queue)])
      await connection.queueDeclare({ queue: each, durable: true, arguments: earlierArguments })
    await connection.queueDelete(dead)
    await connection.queueDeclare({ queue: dead, durable: true, arguments: earlierArguments })
    await transport.publish(event())
    const queues = await open()
    const state = (of: string, rest: object) => ({ queue: of, consumerQueue: name, consumers: 0, ...rest })
    await vi.waitFor(
      async () =>
        expect((await queues.list()).filter(({ queue: each }) => !each.includes('.retry-1'))).toEqual([
          state(name, { state: 'as wanted', messages: 0, consumers: 1 }),
          state(deadQueueOf(name), {
            state: 'different',
            difference: 'x-delivery-limit is 7, not 1000000',
            messages: 1,
          }),
          state(retryQueueOf(name, 2), { state: 'as wanted', messages: 0 }),
          state(holdingQueueOf(name), { state: 'unfinished', messages: 0 }),
          state(`${name}.retry.5000`, { state: 'unused', messages: 0 }),
          state(retryQueueOf(name, 3), { state: 'unused', messages: 0 }),
          state(former, { consumerQueue: former, state: 'abandoned', messages: 0 }),
        ]),
      { timeout: patienceMs, interval: 500 },
    )
  })

  it('get other arguments again and again under load, while consumers of both releases run, and every event is handled', async () => {
    const { queue, dead, connection, connect, open } = await createPlace()
    const earlier = await earlierRelease()
    const handled = new Set<string>()
    const subscription: Subscription = {
      ...take([]),
      prefetch: 50,
      deliver: async (envelope, attempt) => {
        const id = idOf(envelope)
        await setTimeout(5)
        // n.b. one of 16 fails once, and waits in a retry queue
        if (attempt === 1 && id.endsWith('0')) return { kind: 'retry', error: new Error('once more') }
        handled.add(id)
        return { kind: 'ack' }
      },
    }
    await (await connect({ at: earlier })).consume(subscription)
    await (await connect()).consume(subscription)
    const letters = Array.from({ length: 20 }, () => event())
    await fill(connection, dead, letters, { headers: { 'x-attempts': 3 } })

    const published: string[] = []
    const ended = new AbortController()
    const load = publishSteadily(await connect(), published, ended.signal)
    await vi.waitFor(() => expect(handled.size).toBeGreaterThan(100), patienceMs)
    // n.b. the release before takes its turn as after a rollback
    for (const at of [url, earlier, url]) {
      const queues = await open({ at })
      expect((await queues.renew(name)).renewed).toEqual([deadQueueOf(name), name])
      expect(await differencesIn(queues)).toEqual([])
      await expectConsumers(connection, queue, 2)
    }
    ended.abort()
    expect(await load).toEqual([])

    expect(published.length).toBeGreaterThan(300)
    const unhandled = () => published.filter(id => !handled.has(id))
    await vi.waitFor(() => expect(unhandled()).toEqual([]), { timeout: patienceMs, interval: 200 })
    await vi.waitFor(async () => expect(await countIn(connection, queue)).toBe(0), patienceMs)
    expect(await standing(connection, [holdingQueueOf(queue), holdingQueueOf(dead)])).toEqual([])
    expect(await idsIn(connection, dead)).toEqual(letters.map(({ id }) => id))
  })

  it('lose nothing, wherever the renewal is cut off, and are as wanted after the next one', async () => {
    const lanes = 8
    const places = await Promise.all(Array.from({ length: lanes }, () => createPlace()))
    const lengths = await Promise.all(
      places.map(async (place, lane) => {
        for (let n = 1 + lane; ; n += lanes) {
          const { isWhole, sent } = await renewCutOffAt(place, n)
          if (isWhole) return sent
        }
      }),
    )
    // n.b. fewer methods than steps would mean that the line was cut nowhere
    expect(Math.min(...lengths)).toBeGreaterThan(60)
  })

  it('are renewed by two at once as by one', async () => {
    const { queue, dead, connection, connect, open } = await createPlace()
    const transport = await connect()
    const taken: string[] = []
    await giveArguments(connection, queue, dead)
    const events = Array.from({ length: 50 }, () => event())
    await fill(connection, queue, events)
    await transport.consume(take(taken))
    const both = [await open(), await open()]
    const renewals = await Promise.all(both.map(queues => queues.renew(name)))
    expect(renewals.flatMap(({ renewed }) => renewed).toSorted()).toEqual([name, deadQueueOf(name)])
    await vi.waitFor(() => expect(new Set(taken)).toEqual(new Set(events.map(({ id }) => id))), patienceMs)
    for (const queues of both) expect(await differencesIn(queues)).toEqual([])
  })

  it('let their consumers finish what they have, and those that start meanwhile come when it is done', async () => {
    const { queue, dead, connection, connect, open } = await createPlace()
    await giveArguments(connection, queue, dead)
    const [first, second] = [await connect(), await connect()]
    const begun = Promise.withResolvers<void>()
    const mayEnd = Promise.withResolvers<void>()
    const attempts: string[] = []
    await first.consume({
      ...take([]),
      deliver: async envelope => {
        begun.resolve()
        await mayEnd.promise
        attempts.push(idOf(envelope))
        return { kind: 'ack' }
      },
    })
    const slow = event()
    await first.publish(slow)
    await begun.promise
    const queues = await open()
    let isRenewed = false
    const renewing = queues.renew(name).then(() => {
      isRenewed = true
    })
    await vi.waitFor(
      async () => expect(await findQueue(connection, queue)).toMatchObject({ consumers: 2 }),
      patienceMs,
    )
    await second.consume(take(attempts))
    await setTimeout(500)
    expect([isRenewed, attempts]).toEqual([false, []])
    mayEnd.resolve()
    await renewing
    await expectConsumers(connection, queue, 2)
    const next = event()
    await second.publish(next)
    await vi.waitFor(() => expect(attempts).toEqual([slow.id, next.id]), patienceMs)
  })

  it('stay as they are if a consumer does not let go of them', async () => {
    const { queue, dead, connection, connect, open } = await createPlace()
    await giveArguments(connection, queue, dead)
    const transport = await connect()
    const taken: string[] = []
    await transport.consume(take(taken))
    const stubborn = await connection.acquire()
    onTestFinished(() => stubborn.close())
    await stubborn.basicQos({ prefetchCount: 1 })
    await stubborn.basicConsume({ queue }, () => {})
    const queues = await open({ patienceMs: 1_000 })
    await expect(queues.renew(name)).rejects.toThrow(
      /ended half-way: 1 consumers did not let go .* Nothing is lost/s,
    )
    expect(await differencesIn(queues)).toHaveLength(2)
    await stubborn.close()
    await expectConsumers(connection, queue, 1)
    const events = [event(), event(), event()]
    for (const each of events) await transport.publish(each)
    await vi.waitFor(
      () => expect(taken.toSorted()).toEqual(events.map(({ id }) => id).toSorted()),
      patienceMs,
    )
  })

  it('get their arguments though somebody declares them as they were whenever they are gone, or say who must end', async () => {
    const { queue, dead, connection, open } = await createPlace()
    await giveArguments(connection, queue, dead)
    const events = Array.from({ length: 20 }, () => event())
    await fill(connection, queue, events)
    const rival = new Connection(url)
    let isDone = false
    const declaring = (async () => {
      while (!isDone)
        await rival.queueDeclare({ queue, durable: true, arguments: earlierArguments }).catch(() => undefined)
    })()
    // n.b. RabbitMQ 3.10 may also answer INTERNAL_ERROR to who declares a queue that is being deleted
    await (await open())
      .renew(name)
      .catch((error: unknown) => expect(String(error)).toMatch(/end the processes|INTERNAL_ERROR/))
    isDone = true
    await declaring
    await rival.close()
    const queues = await open()
    await queues.renew(name)
    expect(await differencesIn(queues)).toEqual([])
    expect(new Set(await idsIn(connection, queue))).toEqual(new Set(events.map(({ id }) => id)))
  })

  it('that differ, or stand in, keep none of their consumers from starting, who say so', async () => {
    const { queue, connection, connect } = await createPlace()
    const names = Array.from({ length: 6 }, (_, index) => `${name}-${index}`)
    const all = names.flatMap(each => {
      const scoped = queue.replace(name, each)
      return [
        scoped,
        deadQueueOf(scoped),
        holdingQueueOf(scoped),
        ...retryQueuesOf(scoped, testRetryDelaysMs),
      ]
    })
    onTestFinished(async () => {
      for (const each of all) await connection.queueDelete(each)
    })
    for (const each of all)
      await connection.queueDeclare({ queue: each, durable: true, arguments: earlierArguments })
    const said: string[] = []
    const keep = (_: object, text: string) => said.push(text)
    const transport = await connect({ logger: { ...silent, warn: keep, error: keep } })
    await Promise.all(names.map(each => transport.consume({ ...take([]), queue: each })))
    const times = (words: string) => said.filter(text => text.includes(words)).length
    expect(times('is used as it is')).toBe(names.length * (2 + testRetryDelaysMs.length))
    expect(times('ended half-way')).toBe(names.length)
    expect(said.length).toBe(times('is used as it is') + times('ended half-way'))
  })

  it('return what waits in retry queues of another release or with other arguments, and those that nobody uses are deleted', async () => {
    const { queue, dead, connection, connect, open } = await createPlace()
    const transport = await connect()
    const taken: string[] = []
    await giveArguments(connection, queue, dead)
    const [left = ''] = formerRetryQueuesOf(queue)
    const retry = retryQueueOf(queue, 1)
    const returning = {
      ...earlierArguments,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': queue,
    }
    for (const each of [left, retry])
      await connection.queueDeclare({
        queue: each,
        durable: true,
        arguments: { ...returning, 'x-message-ttl': 2_000 },
      })
    await transport.consume(take(taken))
    const events = Array.from({ length: 10 }, () => event())
    await fill(connection, left, events.slice(0, 5))
    await fill(connection, retry, events.slice(5))
    const queues = await open()
    const renewal = await queues.renew(name)
    expect(renewal).toMatchObject({
      renewed: [retryQueueOf(name, 1), deadQueueOf(name), name],
      deleted: [`${name}.retry.1000`],
    })
    await vi.waitFor(() => expect(new Set(taken)).toEqual(new Set(events.map(({ id }) => id))), patienceMs)
    expect(await standing(connection, [left])).toEqual([])
    expect(await differencesIn(queues)).toEqual([])
  })

  it('keep thousands of dead letters in their order, with their headers', async () => {
    const { queue, dead, connection, connect, open, openDeadLetters } = await createPlace()
    await giveArguments(connection, queue, dead)
    await (await connect()).consume(take([]))
    const letters = Array.from({ length: 3_000 }, () => event())
    const headers = {
      'x-attempts': 5,
      'x-error': 'no such thing',
      'x-first-failed-at': '2026-01-01T00:00:00.000Z',
      'x-last-failed-at': '2026-01-01T00:02:36.000Z',
    }
    await fill(connection, dead, letters, { headers })
    const queues = await open()
    await queues.renew(name)
    expect(await countIn(connection, dead)).toBe(letters.length)
    expect(await idsIn(connection, dead)).toEqual(letters.map(({ id }) => id))
    const deadLetters = await openDeadLetters()
    const [first] = await deadLetters.list({ messageIds: [letters[0]?.id ?? ''] })
    expect(first).toMatchObject({
      envelope: letters[0],
      attempts: 5,
      error: 'no such thing',
      lastFailedAt: new Date(headers['x-last-failed-at']),
    })
  })

  it('keep the properties and all headers of what lies in them, also those that RabbitMQ adds', async () => {
    const { queue, dead, connection, connect, open } = await createPlace()
    await giveArguments(connection, queue, dead)
    const consumer = await (await connect()).consume(take([]))
    await consumer.stop()
    const headers = { 'x-attempts': 1, 'x-error': 'once more' }
    const waited = event()
    await fill(connection, retryQueueOf(queue, 1), [waited], { headers, expiration: '50' })
    await vi.waitFor(async () => expect(await countIn(connection, queue)).toBe(1), patienceMs)
    const [before] = await look(connection, queue)
    expect(before).toMatchObject({
      messageId: waited.id,
      type: waited.type,
      headers: { ...headers, 'x-death': [expect.objectContaining({ reason: 'expired' })] },
      body: waited,
    })
    const queues = await open()
    expect((await queues.renew(name)).renewed).toEqual([deadQueueOf(name), name])
    const [after] = await look(connection, queue)
    expect(kept(after)).toEqual(kept(before))
  })

  it('need no other queue for another pause', async () => {
    const { queue, connection, connect } = await createPlace()
    const pauses = async (retryDelaysMs: readonly number[]) => {
      const warnings: string[] = []
      const logger = { ...silent, warn: (_: object, message: string) => void warnings.push(message) }
      const transport = await connect({ retryDelaysMs, logger })
      const deliveredAtMs: number[] = []
      const consumer = await transport.consume({
        ...take([]),
        deliver: async (_, attempt) => {
          deliveredAtMs.push(performance.now())
          return attempt === 1 ? { kind: 'retry', error: new Error('once more') } : { kind: 'ack' }
        },
      })
      await transport.publish(event())
      await vi.waitFor(() => expect(deliveredAtMs).toHaveLength(2), patienceMs)
      await consumer.stop()
      expect(warnings).toEqual([])
      return (deliveredAtMs[1] ?? 0) - (deliveredAtMs[0] ?? 0)
    }
    expect(await pauses([100, 200])).toBeLessThan(1_900)
    expect(await pauses([2_000, 200])).toBeGreaterThanOrEqual(1_990)
    expect(await pauses([100, 200])).toBeLessThan(1_900)
    expect(await standing(connection, [...retryQueuesOf(queue, [1, 2, 3]), `${queue}.retry.2000`])).toEqual(
      retryQueuesOf(queue, [1, 2]),
    )
  })

  it('are dropped only if they are named and nobody consumes them', async () => {
    const { queue, dead, connection, connect, open } = await createPlace()
    const transport = await connect()
    await transport.consume(take([]))
    const consumer = await transport.consume({ ...take([]), queue: former })
    const queues = await open()
    for (const each of [name, deadQueueOf(name)])
      await expect(queues.drop(each)).rejects.toThrow(
        `${each} is not dropped: this release consumes ${name}.`,
      )
    await expect(queues.drop(former)).rejects.toThrow('a process consumes it')
    await expect(queues.drop('tests.on-nothing')).rejects.toThrow('There is no queue tests.on-nothing.')
    await consumer.stop()
    await transport.publish(event())
    const scopedFormer = queue.replace(name, former)
    await vi.waitFor(async () => expect(await countIn(connection, scopedFormer)).toBe(1), patienceMs)
    await vi.waitFor(
      async () =>
        expect((await queues.drop(former, true)).map(({ messages }) => messages)).toEqual([1, 0, 0, 0]),
      patienceMs,
    )
    const beside = [
      scopedFormer,
      deadQueueOf(scopedFormer),
      ...retryQueuesOf(scopedFormer, testRetryDelaysMs),
    ]
    expect(await standing(connection, beside)).toEqual(beside)
    await queues.drop(former)
    expect(await standing(connection, [...beside, queue, dead])).toEqual([queue, dead])
  })
})

type Place = Awaited<ReturnType<typeof createPlace>>

/** A namespace of its own, with the exchange. */
const createPlace = async () => {
  const { namespace, drop } = createTestNamespace(url, [name, former], [...testRetryDelaysMs, 0])
  const queue = `${namespace}.${name}`
  const dead = deadQueueOf(queue)
  const exchange = `${namespace}.${eventsExchange}`
  const connection = new Connection(url)
  onTestFinished(async () => {
    for (const each of [holdingQueueOf(queue), holdingQueueOf(dead), ...formerRetryQueuesOf(queue)])
      await connection.queueDelete(each)
    await connection.close()
    await drop()
  })
  await connection.exchangeDeclare(exchangeDeclaration(exchange))
  return {
    queue,
    dead,
    exchange,
    connection,
    connect: async ({
      at = url,
      logger = silent,
      retryDelaysMs = testRetryDelaysMs,
    }: {
      readonly at?: string
      readonly logger?: MessagingLogger
      readonly retryDelaysMs?: readonly number[]
    } = {}) => {
      const transport = await connectRabbitMq({ url: at, namespace, logger }, { retryDelaysMs })
      onTestFinished(() => transport.stop())
      return transport
    },
    open: async ({
      at = url,
      patienceMs = 20_000,
    }: {
      readonly at?: string
      readonly patienceMs?: number
    } = {}) => {
      const queues = await openRabbitMqQueues(
        { url: at, namespace, consumers: [{ queue: name, types }], formerQueues: [former] },
        { retryDelaysMs: testRetryDelaysMs, quietMs: 100, patienceMs },
      )
      onTestFinished(() => queues.stop())
      return queues
    },
    openDeadLetters: async () => {
      const letters = await openRabbitMqDeadLetters({ url, namespace, queues: [name], logger: silent })
      onTestFinished(() => letters.stop())
      return letters
    },
  }
}

/** The URL of a line whose clients declare the delivery limit of an earlier release. */
const earlierRelease = async (): Promise<string> => {
  const key = 'x-delivery-limit'
  const line = await createBrokenLine(url, chunk => {
    for (let at = chunk.indexOf(key); at >= 0; at = chunk.indexOf(key, at + 1))
      // n.b. the type of the value comes first: I is an integer of 4 bytes, and what fits into a byte has one
      chunk[chunk[at + key.length] === 0x49 ? 'writeInt32BE' : 'writeInt8'](
        earlierArguments[key],
        at + key.length + 1,
      )
  })
  return line.url
}

/** Publishes some 200 events a second until told otherwise, and returns those that no queue took. */
const publishSteadily = async (
  transport: Transport,
  published: string[],
  ended: AbortSignal,
): Promise<readonly string[]> => {
  const refused: string[] = []
  const publishOneByOne = async () => {
    while (!ended.aborted) {
      const next = event()
      try {
        await transport.publish(next)
        published.push(next.id)
      } catch (error) {
        refused.push(String(error))
      }
      await setTimeout(15)
    }
  }
  await Promise.all(Array.from({ length: 4 }, publishOneByOne))
  return refused
}

/** Renews queues over a line that is cut in the place of the n-th method, publishes, renews again, and looks for everything. */
const renewCutOffAt = async ({ queue, dead, exchange, connection, open }: Place, n: number) => {
  await giveArguments(connection, queue, dead)
  for (const binding of bindings(exchange, queue, keysOf(queue, types))) await connection.queueBind(binding)
  const events = Array.from({ length: 3 }, () => event())
  const letters = Array.from({ length: 2 }, () => event())
  await fill(connection, queue, events)
  await fill(connection, dead, letters)
  const line = await createBrokenLine(url)
  const queues = await open({ at: line.url })
  const countSent = line.cutInPlaceOf(n)
  const isWhole = await queues.renew(name).then(
    () => true,
    () => false,
  )
  await queues.stop()
  line.cut()

  const between = event()
  const publisher = connection.createPublisher({ confirm: true })
  const returned: unknown[] = []
  publisher.on('basic.return', ({ messageId }) => returned.push(messageId))
  const properties = { exchange, routingKey: between.type, messageId: between.id, durable: true }
  await publisher.send({ ...properties, mandatory: true }, between)
  await setImmediate()
  await publisher.close()
  const again = await open()
  await again.renew(name)
  expect({
    n,
    returned,
    differences: await differencesIn(again),
    held: await standing(connection, [holdingQueueOf(queue), holdingQueueOf(dead)]),
    events: [...new Set(await idsIn(connection, queue))].toSorted(),
    letters: [...new Set(await idsIn(connection, dead))].toSorted(),
  }).toEqual({
    n,
    returned: [],
    differences: [],
    held: [],
    events: [...events, between].map(({ id }) => id).toSorted(),
    letters: letters.map(({ id }) => id).toSorted(),
  })
  await again.stop()
  return { isWhole, sent: countSent() }
}

/** Makes the queue and its dead letters anew, empty and unbound, as another release would. */
const giveArguments = async (connection: Connection, ...names: readonly string[]): Promise<void> => {
  for (const queue of names) {
    await connection.queueDelete(queue)
    await connection.queueDeclare({ queue, durable: true, arguments: earlierArguments })
  }
}

const fill = async (
  connection: Connection,
  queue: string,
  envelopes: readonly Envelope[],
  properties: MessageProperties = {},
): Promise<void> => {
  const publisher = connection.createPublisher({ confirm: true })
  await Promise.all(
    envelopes.map(envelope => {
      const { id: messageId, type } = envelope
      return publisher.send({ ...properties, routingKey: queue, messageId, type, durable: true }, envelope)
    }),
  )
  await publisher.close()
}

/** All messages that are ready in a queue; they stay there. */
const look = async (connection: Connection, queue: string): Promise<readonly SyncMessage[]> => {
  const channel = await connection.acquire()
  const messages: SyncMessage[] = []
  for (;;) {
    const message = await channel.basicGet({ queue })
    if (message === undefined) break
    messages.push(message)
  }
  await channel.close()
  return messages
}

/** What a message has that does not belong to the queue in which it lies. */
const kept = (message: SyncMessage | undefined) => {
  const { deliveryTag, redelivered, exchange, routingKey, messageCount, headers, ...others } = message ?? {}
  const { 'x-publication': _, 'x-delivery-count': __, ...keptHeaders } = headers ?? {}
  return { ...others, headers: keptHeaders }
}

const idsIn = async (connection: Connection, queue: string): Promise<readonly unknown[]> =>
  (await look(connection, queue)).map(({ messageId }) => messageId)

const countIn = async (connection: Connection, queue: string): Promise<number | undefined> =>
  (await findQueue(connection, queue))?.messages

const expectConsumers = (connection: Connection, queue: string, consumers: number) =>
  vi.waitFor(async () => expect(await findQueue(connection, queue)).toMatchObject({ consumers }), {
    timeout: patienceMs,
    interval: 100,
  })

/** Which of these queues there are. */
const standing = async (connection: Connection, names: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = []
  for (const each of names) if (await findQueue(connection, each)) found.push(each)
  return found
}

const differencesIn = async (queues: Queues): Promise<readonly QueueState[]> =>
  (await queues.list()).filter(({ state }) => state !== 'as wanted' && state !== 'abandoned')

const take = (taken: string[]): Subscription => ({
  queue: name,
  types,
  prefetch: 4,
  deliver: async envelope => {
    taken.push(idOf(envelope))
    return { kind: 'ack' }
  },
})

const idOf = (envelope: unknown): string => String(Object(envelope).id)
