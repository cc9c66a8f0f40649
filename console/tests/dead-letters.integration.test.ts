import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { openOutboxDeadLetters } from '@supergraph/messaging/outbox/dead-letters.ts'
import { openRabbitMqDeadLetters } from '@supergraph/messaging/rabbitmq/dead-letters.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import {
  createWorld,
  patienceMs,
  record,
  silent,
  type TransportUnderTest,
  testRetryDelaysMs,
} from '@supergraph/messaging/tests/suite-world.ts'
import { brokerUrl, createTestNamespace } from '@supergraph/messaging/tests/test-namespace.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { UserUpdated } from '@supergraph/schema/events/users.ts'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openConsole } from './console-under-test.ts'

const broker = brokerUrl()
const queue = 'notifications.on-user-registered'
const ofUpdates = 'notifications.on-user-updated'
const retryDelaysMs = testRetryDelaysMs

/** A place of dead letters, and how a console is told where it is. */
type Place = TransportUnderTest & {
  readonly openConsoleBeside: (databaseUrl: string) => ReturnType<typeof openConsole>
}

const outboxes = async (): Promise<Place> => ({
  transport: createInProcessTransport({ logger: silent }, { retryDelaysMs }),
  queue,
  openDeadLetters: async url => openOutboxDeadLetters([url]),
  openConsoleBeside: url => openConsole({}, [url]),
})

const rabbitMq = async (): Promise<Place> => {
  const url = broker ?? ''
  const queues = [queue, ofUpdates]
  const { namespace, drop } = createTestNamespace(url, queues, retryDelaysMs)
  onTestFinished(drop)
  return {
    transport: await connectRabbitMq({ url, namespace, logger: silent }, { retryDelaysMs }),
    queue,
    openDeadLetters: () => openRabbitMqDeadLetters({ url, namespace, queues, logger: silent }),
    openConsoleBeside: () => openConsole({ RABBITMQ_URL: url, RABBITMQ_NAMESPACE: namespace }),
  }
}

/** A console beside a service whose consumer has given up two events; after `heal` they would be handled. */
const openPoisoned = async (connect: () => Promise<Place>) => {
  const place = await connect()
  const world = await createWorld(async () => place)
  let isPoisoned = true
  await world.consume({
    handle: async (manager, envelope) => {
      if (isPoisoned) throw new Error('poison')
      await record(manager, envelope)
    },
  })
  await world.relay()
  const events = [world.event('a', 1), world.event('b', 1)]
  await world.publish(events)
  await vi.waitFor(async () => expect(await world.deadLetters.list()).toHaveLength(2), patienceMs)
  const heal = () => {
    isPoisoned = false
  }
  const messageIds = events.map(({ id }) => id)
  return { world, messageIds, heal, console: await place.openConsoleBeside(world.databaseUrl) }
}

/** The transport, which gives one event up with this reason whatever its consumer says, as versions did that hid no values. */
const deadLettering = (transport: Transport, id: string, error: Error): Transport => ({
  ...transport,
  consume: subscription =>
    transport.consume({
      ...subscription,
      deliver: async (message, ...rest) => {
        const outcome = await subscription.deliver(message, ...rest)
        return JSON.stringify(message).includes(id) ? { kind: 'deadLetter', error } : outcome
      },
    }),
})

describe.each([
  { place: 'outboxes', connect: outboxes, isRunnable: true },
  { place: 'RabbitMQ', connect: rabbitMq, isRunnable: broker !== undefined },
])('dead letters of $place', ({ connect, isRunnable }) => {
  it.skipIf(!isRunnable)(
    'lists what was given up with the reason, replays one and drops another',
    async () => {
      const { world, messageIds, heal, console } = await openPoisoned(connect)
      const { data } = await console.read('/dead-letters')
      expect(data.letters).toHaveLength(2)
      expect(data.letters[0]).toMatchObject({ queue, type: 'counter.raised', error: 'poison', attempts: 3 })
      heal()
      const [first = '', second = ''] = messageIds
      const act = (action: string, id: string) =>
        console.post(`/dead-letters/${action}`, { messageIds: [id], queue, reason: 'mended' })
      expect(await (await act('replay', first)).json()).toEqual({ outcome: 'Replayed 1 of 1' })
      await vi.waitFor(async () => expect(await world.effects()).toEqual([first]), patienceMs)
      expect(await (await act('drop', second)).json()).toEqual({ outcome: 'Dropped 1 of 1' })
      expect((await console.read('/dead-letters')).data.letters).toEqual([])
      expect(await world.effects()).toEqual([first])
      const by = { who: 'this machine', role: 'development', reason: 'mended' }
      expect((await console.read('/audit')).data.acts).toMatchObject([
        {
          ...by,
          act: 'drop dead letters',
          details: { messageIds: [second], queue },
          outcome: 'Dropped 1 of 1',
        },
        { ...by, act: 'replay dead letters', details: { messageIds: [first] }, outcome: 'Replayed 1 of 1' },
      ])
    },
  )

  it.skipIf(!isRunnable)(
    'tells nothing that a contract marks as sensitive, neither of an event nor of why it failed',
    async () => {
      const { world, console } = await openPoisoned(connect)
      const canary = `canary.${crypto.randomUUID()}@example.com`
      const userId = crypto.randomUUID()
      const update = UserUpdated.create({
        id: crypto.randomUUID(),
        subject: userId,
        version: 1,
        occurredAt: new Date(),
        data: { userId, name: 'Ada', email: canary },
      })
      const broken = { ...update, id: crypto.randomUUID(), data: { userId, name: [canary] } }
      const consumer = await startConsumer({
        ...world,
        transport: deadLettering(world.transport, broken.id, new Error(`refused ${canary}`)),
        queue: ofUpdates,
        events: [UserUpdated],
        handle: async (_, [event]) => {
          throw new Error(`Key (email)=(${event?.data.email}) already exists`)
        },
        logger: silent,
      })
      onTestFinished(() => consumer.stop())
      await world.publish([update, broken])
      await vi.waitFor(async () => expect(await world.deadLetters.list()).toHaveLength(4), patienceMs)

      const { data } = await console.read('/dead-letters')
      const { id, type, time, subject } = broken
      expect(data.letters).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            messageId: update.id,
            error: 'Key (email)=(hidden) already exists',
            envelope: { ...update, data: { userId, name: 'hidden', email: 'hidden' } },
          }),
          expect.objectContaining({
            messageId: id,
            error: 'refused hidden',
            envelope: { id, type, time, subject },
          }),
        ]),
      )
      expect(
        JSON.stringify([data, await console.read('/events'), await console.read(`/events/${id}`)]),
      ).not.toContain(canary)
    },
  )

  it.skipIf(!isRunnable)('acts on nothing without a reason, nor for a page of another site', async () => {
    const { messageIds, world, console } = await openPoisoned(connect)
    const named = { messageIds, queue }
    expect((await console.post('/dead-letters/drop', named)).status).toBe(400)
    const headers = { origin: 'https://evil.example' }
    const forged = await console.post('/dead-letters/drop', { ...named, reason: 'because' }, headers)
    expect(forged.status).toBe(403)
    expect(await world.deadLetters.list()).toHaveLength(2)
    expect((await console.read('/audit')).data.acts).toEqual([])
  })
})

it('says that it does not know where dead letters are, or that their place is away', async () => {
  const lost = await openConsole()
  expect((await lost.read('/dead-letters')).data.trouble).toContain('RABBITMQ_URL')
  const away = await openConsole({ RABBITMQ_URL: 'amqp://guest:guest@127.0.0.1:1' })
  expect((await away.read('/dead-letters')).data.trouble).toMatch(/127\.0\.0\.1:1/)
  expect((await away.read('/events')).status).toBe(200)
})
