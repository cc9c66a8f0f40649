import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { openOutboxDeadLetters } from '@supergraph/messaging/outbox/dead-letters.ts'
import {
  createWorld,
  patienceMs,
  record,
  silent,
  testRetryDelaysMs,
} from '@supergraph/messaging/tests/suite-world.ts'
import { expect, it, vi } from 'vitest'
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
