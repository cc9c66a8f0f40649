import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { openOutboxDeadLetters } from '@supergraph/messaging/outbox/dead-letters.ts'
import {
  createWorld,
  patienceMs,
  record,
  silent,
  testRetryDelaysMs,
} from '@supergraph/messaging/tests/suite-world.ts'
import { UserUpdated } from '@supergraph/schema/events/users.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openConsole } from './console-under-test.ts'

const queue = 'notifications.on-user-registered'

/** A console beside a service whose consumer has given up two events; after `heal` they would be handled. */
const openPoisoned = async () => {
  const transport = createInProcessTransport({ logger: silent }, { retryDelaysMs: testRetryDelaysMs })
  const world = await createWorld(async () => ({
    transport,
    queue,
    openDeadLetters: async url => openOutboxDeadLetters([url]),
  }))
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
  return { world, messageIds, heal, console: await openConsole({}, [world.databaseUrl]) }
}

it('lists what was given up with the reason, replays one and drops another', async () => {
  const { world, messageIds, heal, console } = await openPoisoned()
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
    { ...by, act: 'drop dead letters', details: { messageIds: [second], queue }, outcome: 'Dropped 1 of 1' },
    { ...by, act: 'replay dead letters', details: { messageIds: [first] }, outcome: 'Replayed 1 of 1' },
  ])
})

it('tells nothing that a contract marks as sensitive, neither of an event nor of why it failed', async () => {
  const { world, console } = await openPoisoned()
  const canary = `canary.${crypto.randomUUID()}@example.com`
  const consumer = await startConsumer({
    ...world,
    queue: 'notifications.on-user-updated',
    events: [UserUpdated],
    handle: async (_, [event]) => {
      throw new Error(`Key (email)=(${event?.data.email}) already exists`)
    },
    logger: silent,
  })
  onTestFinished(() => consumer.stop())
  const userId = crypto.randomUUID()
  const update = UserUpdated.create({
    id: crypto.randomUUID(),
    subject: userId,
    version: 1,
    occurredAt: new Date(),
    data: { userId, name: 'Ada', email: canary },
  })
  const broken = { ...update, id: crypto.randomUUID(), data: { userId, name: [canary] } }
  await world.publish([update, broken])
  await vi.waitFor(async () => expect(await world.deadLetters.list()).toHaveLength(4), patienceMs)
  // as one was kept by versions that put values into the reason
  await world.database.query(
    `update outbox set dead_letters = jsonb_set(dead_letters, '{0,error}', to_jsonb($2::text)) where message_id = $1`,
    [broken.id, `refused ${canary}`],
  )

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
})

it('acts on nothing without a reason, nor for a page of another site', async () => {
  const { messageIds, world, console } = await openPoisoned()
  const named = { messageIds, queue }
  expect((await console.post('/dead-letters/drop', named)).status).toBe(400)
  const headers = { origin: 'https://evil.example' }
  const forged = await console.post('/dead-letters/drop', { ...named, reason: 'because' }, headers)
  expect(forged.status).toBe(403)
  expect(await world.deadLetters.list()).toHaveLength(2)
  expect((await console.read('/audit')).data.acts).toEqual([])
})

it('says that it does not know where dead letters are, or that their place is away', async () => {
  const lost = await openConsole()
  expect((await lost.read('/dead-letters')).data.trouble).toContain('RABBITMQ_URL')
  const away = await openConsole({ RABBITMQ_URL: 'amqp://guest:guest@127.0.0.1:1' })
  expect((await away.read('/dead-letters')).data.trouble).toMatch(/127\.0\.0\.1:1/)
  expect((await away.read('/events')).status).toBe(200)
})
