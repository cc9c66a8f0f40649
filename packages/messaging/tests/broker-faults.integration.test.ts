import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openRabbitMqDeadLetters } from '../rabbitmq/dead-letters.ts'
import { connectRabbitMq } from '../rabbitmq/transport.ts'
import type { MessagingLogger } from '../transport.ts'
import { canStartPrivateBroker, type PrivateBroker, startPrivateBroker } from './private-broker.ts'
import { createWorld, silent, testRetryDelaysMs } from './suite-world.ts'

const recoveryMs = 60_000
const queue = 'tests.on-counter-raised'

describe.skipIf(!canStartPrivateBroker)('a broker that fails', { timeout: 240_000 }, () => {
  let broker: PrivateBroker | undefined

  beforeAll(async () => {
    broker = await startPrivateBroker()
  }, 90_000)
  afterAll(() => broker?.stop())

  it('loses nothing, doubles no effect, and still has what was given up in its order, when it is killed under load and comes back', async () => {
    const { world, fault } = await connect(broker, 'killed')
    const { world: poisoned } = await connect(broker, 'dead')
    await world.consume()
    await poisoned.consume({
      handle: async () => {
        throw new Error('no')
      },
    })
    await fault.keepQueues()
    await world.relay()
    await poisoned.relay()
    const givenUp = await giveUp(poisoned, ['a', 'b', 'c'])
    const events = Array.from({ length: 400 }, (_, index) => world.event(`aggregate-${index % 20}`, index))
    const publishing = (async () => {
      for (let index = 0; index < events.length; index += 20) {
        await world.publish(events.slice(index, index + 20))
        await setTimeout(10)
      }
    })()
    await vi.waitFor(async () => expect((await world.effects()).length).toBeGreaterThan(50), recoveryMs)
    await fault.kill()
    await publishing
    expect((await world.effects()).length).toBeLessThan(events.length)
    await fault.restart()
    await vi.waitFor(async () => expect(await world.pending()).toEqual([]), recoveryMs)
    await vi.waitFor(async () => expect(await world.effects()).toHaveLength(events.length), recoveryMs)
    expect((await world.effects()).toSorted()).toEqual(events.map(({ id }) => id).toSorted())
    const letters = await vi.waitFor(() => poisoned.deadLetters.list(), {
      timeout: recoveryMs,
      interval: 500,
    })
    expect(letters.map(({ messageId }) => messageId)).toEqual(givenUp)
  })

  it('holds the events back while the broker takes none, reports it, and loses nothing', async () => {
    const log: string[] = []
    const { world, fault } = await connect(broker, 'blocked', {
      info: (_, message) => log.push(message),
      warn: (_, message) => log.push(message),
      error: (_, message) => log.push(message),
    })
    await world.consume()
    await fault.block(true)
    onTestFinished(() => fault.block(false))
    await world.relay()
    const events = Array.from({ length: 50 }, (_, index) => world.event(`aggregate-${index % 5}`, index))
    await world.publish(events)
    await vi.waitFor(() => expect(log).toContain('RabbitMQ takes no messages for now'), recoveryMs)
    await vi.waitFor(
      async () =>
        expect(await world.pending()).toContainEqual(
          expect.objectContaining({ last_error: expect.stringContaining('takes no messages') }),
        ),
      recoveryMs,
    )
    expect(await world.effects()).toEqual([])
    await fault.block(false)
    await vi.waitFor(async () => expect(await world.effects()).toHaveLength(events.length), recoveryMs)
    await vi.waitFor(async () => expect(await world.pending()).toEqual([]), recoveryMs)
    expect(log).toContain('RabbitMQ takes messages again')
  })
})

/** Publishes an event about each subject, and waits until the event is given up; resolves with their ids. */
const giveUp = async (
  world: Awaited<ReturnType<typeof createWorld>>,
  subjects: readonly string[],
): Promise<readonly string[]> => {
  const ids: string[] = []
  for (const subject of subjects) {
    const event = world.event(subject, 1)
    ids.push(event.id)
    await world.publish([event])
    await vi.waitFor(async () => expect(await world.deadLetters.list()).toHaveLength(ids.length), recoveryMs)
  }
  return ids
}

/** A world over the broker, which may then be treated badly. */
const connect = async (
  broker: PrivateBroker | undefined,
  namespace: string,
  logger: MessagingLogger = silent,
) => {
  if (broker === undefined) throw new Error('The broker did not start.')
  const { url } = broker
  const world = await createWorld(async () => ({
    transport: await connectRabbitMq({ url, namespace, logger }, { retryDelaysMs: testRetryDelaysMs }),
    queue,
    openDeadLetters: () => openRabbitMqDeadLetters({ url, namespace, queues: [queue], logger: silent }),
  }))
  return { world, fault: broker }
}
