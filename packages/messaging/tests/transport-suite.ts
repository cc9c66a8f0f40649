import { currentTraceparent, runInTrace } from '@supergraph/runtime/trace-context.ts'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { appendToOutbox } from '../outbox/outbox.ts'
import type { Transport } from '../transport.ts'
import { type Counted, createWorld, patienceMs, record, type TransportUnderTest } from './suite-world.ts'
import { publishUntilHandled } from './test-namespace.ts'

/** The guarantees that every transport gives on the whole path: outbox, relay, transport, inbox, handler. */
export const describeTransport = (name: string, connect: () => Promise<TransportUnderTest>): void => {
  describe(name, { timeout: 240_000 }, () => {
    it('delivers an event from the outbox to its handler as it was written', async () => {
      const world = await createWorld(connect)
      const handled: Counted[] = []
      await world.consume({ handle: async (_, envelope) => void handled.push(envelope) })
      await world.relay()
      const event = world.event('a', 1)
      await world.publish([event])
      await vi.waitFor(() => expect(handled).toEqual([event]), patienceMs)
      await vi.waitFor(async () => expect(await world.pending()).toEqual([]), patienceMs)
    })

    it('handles an event in the trace that caused it, in a span of its own', async () => {
      const world = await createWorld(connect)
      const traces: (string | undefined)[] = []
      await world.consume({ handle: async () => void traces.push(currentTraceparent()) })
      await world.relay()
      const cause = await runInTrace(undefined, async () => {
        await world.publish([world.event('a', 1)])
        return currentTraceparent()
      })
      await vi.waitFor(() => expect(traces).toHaveLength(1), patienceMs)
      const [trace] = traces
      expect(trace?.slice(0, 36)).toBe(cause?.slice(0, 36))
      expect(trace).not.toBe(cause)
    })

    it('takes effect once when an event is published again', async () => {
      const world = await createWorld(connect)
      await world.consume()
      const event = world.event('a', 1)
      await publishUntilHandled(world.transport, event)
      await vi.waitFor(() => expect(world.outcomes).toHaveLength(1), patienceMs)
      await publishUntilHandled(world.transport, event)
      await vi.waitFor(() => expect(world.outcomes).toEqual(['ack', 'ack']), patienceMs)
      expect(await world.effects()).toEqual([event.id])
    })

    it('takes effect once when an event is published 20 times at once', async () => {
      const world = await createWorld(connect)
      await world.consume()
      const event = world.event('a', 1)
      const last = world.event('a', 2)
      await Promise.all(Array.from({ length: 20 }, () => publishUntilHandled(world.transport, event)))
      await publishUntilHandled(world.transport, last)
      await vi.waitFor(async () => expect(await world.effects()).toEqual([event.id, last.id]), patienceMs)
    })

    it('keeps the order of each aggregate while the relay is cut off and restarted', async () => {
      const world = await createWorld(connect)
      await world.consume()
      const aggregates = ['a', 'b', 'c', 'd', 'e']
      const events = Array.from({ length: 50 }, (_, index) =>
        world.event(aggregates[index % 5] ?? 'a', Math.floor(index / 5) + 1),
      )
      const first = await world.relay()
      for (const event of events) await world.publish([event])
      await world.cutOffRelays()
      await vi.waitFor(async () => expect((await world.effects()).length).toBeGreaterThan(10), patienceMs)
      await world.cutOffRelays()
      await first.stop()
      await world.relay()
      await vi.waitFor(async () => expect(await world.effects()).toHaveLength(50), patienceMs)
      const effects = await world.effects()
      const handledOf = (aggregate: string) =>
        effects.map(id => events.find(event => event.id === id)).filter(event => event?.subject === aggregate)
      for (const aggregate of aggregates) {
        expect(handledOf(aggregate)).toEqual(events.filter(event => event.subject === aggregate))
      }
    })

    it('takes effect once when the relay dies after publishing and before it has noted so', async () => {
      const world = await createWorld(connect)
      await world.consume()
      let deaths = 0
      await world.relay({
        ...world.transport,
        publish: async envelope => {
          await world.transport.publish(envelope)
          deaths += 1
          if (deaths === 1) await world.cutOffRelays()
        },
      })
      const event = world.event('a', 1)
      await world.publish([event])
      await vi.waitFor(async () => expect(await world.pending()).toEqual([]), patienceMs)
      await vi.waitFor(() => expect(world.outcomes).toEqual(['ack', 'ack']), patienceMs)
      expect(await world.effects()).toEqual([event.id])
    })

    it('publishes each event once when two relays share an outbox', async () => {
      const world = await createWorld(connect)
      await world.consume()
      const published: string[] = []
      const transport: Transport = {
        ...world.transport,
        publish: async envelope => {
          await publishUntilHandled(world.transport, envelope)
          published.push(envelope.id)
        },
      }
      await Promise.all([world.relay(transport), world.relay(transport)])
      const events = Array.from({ length: 60 }, (_, index) => world.event(`aggregate-${index % 30}`, index))
      for (const event of events) await world.publish([event])
      await vi.waitFor(async () => expect(await world.effects()).toHaveLength(60), patienceMs)
      await vi.waitFor(async () => expect(await world.pending()).toEqual([]), patienceMs)
      expect(published.sort()).toEqual(events.map(event => event.id).sort())
    })

    it('hands an event to its handler again after a throw, and keeps nothing of the failed attempt', async () => {
      const world = await createWorld(connect)
      let attempts = 0
      await world.consume({
        handle: async (manager, envelope) => {
          await record(manager, envelope)
          attempts += 1
          if (attempts < 3) throw new Error('not yet')
        },
      })
      await world.relay()
      const event = world.event('a', 1)
      await world.publish([event])
      await vi.waitFor(() => expect(world.outcomes).toEqual(['retry', 'retry', 'ack']), patienceMs)
      expect(await world.effects()).toEqual([event.id])
      expect(await world.deadLetters.list()).toEqual([])
    })

    it('comes again while the database fails, more often than there are attempts, and counts none of it', async () => {
      const world = await createWorld(connect)
      let deliveries = 0
      await world.consume({
        handle: async (manager, envelope) => {
          deliveries += 1
          if (deliveries === 1 || deliveries === 6) throw new Error('not yet')
          if (deliveries < 6) await manager.query('select pg_terminate_backend(pg_backend_pid())')
          await record(manager, envelope)
        },
      })
      await world.relay()
      const event = world.event('a', 1)
      await world.publish([event])
      await vi.waitFor(async () => expect(await world.effects()).toEqual([event.id]), patienceMs)
      await vi.waitFor(
        () =>
          expect(world.outcomes).toEqual([
            'retry',
            ...Array.from({ length: 4 }, () => 'postpone'),
            'retry',
            'ack',
          ]),
        patienceMs,
      )
      expect(await world.deadLetters.list()).toEqual([])
    })

    it('holds up no other aggregate while a handler is slow, and complains of nothing', async () => {
      const world = await createWorld(connect)
      const begun = Promise.withResolvers<void>()
      const mayEnd = Promise.withResolvers<void>()
      const slow = world.event('a', 1)
      const others = [world.event('b', 1), world.event('b', 2), world.event('b', 3)]
      await world.consume({
        handle: async (manager, envelope) => {
          if (envelope.id === slow.id) {
            begun.resolve()
            await mayEnd.promise
          }
          await record(manager, envelope)
        },
      })
      await world.relay()
      onTestFinished(() => mayEnd.resolve())
      await world.publish([slow])
      await begun.promise
      await world.publish(others)
      const otherIds = others.map(event => event.id)
      await vi.waitFor(async () => expect(await world.effects()).toEqual(otherIds))
      mayEnd.resolve()
      await vi.waitFor(async () => expect(await world.effects()).toEqual([...otherIds, slow.id]), patienceMs)
      await vi.waitFor(async () => expect(await world.pending()).toEqual([]), patienceMs)
      expect(world.outcomes).toEqual(['ack', 'ack', 'ack', 'ack'])
      expect(world.complaints).toEqual([])
    })

    it('dead-letters a poison event with its error after the last attempt, and goes on with the next', async () => {
      const world = await createWorld(connect)
      const poison = world.event('a', 1)
      const next = world.event('a', 2)
      await world.consume({
        handle: async (manager, envelope) => {
          if (envelope.id === poison.id) throw new Error('this will never do')
          await record(manager, envelope)
        },
      })
      await world.relay()
      await world.publish([poison, next])
      await vi.waitFor(async () => expect(await world.effects()).toEqual([next.id]), patienceMs)
      const [letter, ...others] = await vi.waitUntil(async () => {
        const letters = await world.deadLetters.list()
        return letters.length > 0 && letters
      }, patienceMs)
      expect(others).toEqual([])
      expect(letter).toMatchObject({ messageId: poison.id, envelope: poison, attempts: 3 })
      expect(letter?.error).toContain('this will never do')
      expect(letter?.lastFailedAt.getTime()).toBeGreaterThanOrEqual(
        (letter?.firstFailedAt.getTime() ?? 0) + 200,
      )
      expect(world.outcomes.filter(outcome => outcome === 'retry')).toHaveLength(3)
    })

    it('handles together what has arrived, and an event that fails fails none of the others', async () => {
      const world = await createWorld(connect)
      const poison = world.event('m', 1)
      const others = Array.from({ length: 40 }, (_, index) => world.event(`aggregate-${index % 20}`, index))
      await world.consume({
        handle: async (manager, envelope) => {
          await record(manager, envelope)
          if (envelope.id === poison.id) throw new Error('this will never do')
        },
      })
      await world.publish([...others.slice(0, 20), poison, ...others.slice(20)])
      await world.relay()
      await vi.waitFor(async () => expect(await world.effects()).toHaveLength(others.length), patienceMs)
      await vi.waitFor(
        async () => expect(await world.deadLetters.list()).toMatchObject([{ messageId: poison.id }]),
        patienceMs,
      )
      expect((await world.effects()).toSorted()).toEqual(others.map(({ id }) => id).toSorted())
      expect(world.batches.some(batch => batch.includes(poison.id) && batch.length > 1)).toBe(true)
      // n.b. an event that has failed once is handled alone from then on
      expect(world.batches.filter(batch => batch.includes(poison.id) && batch.length === 1)).toHaveLength(3)
      expect(world.outcomes.filter(outcome => outcome === 'retry')).toHaveLength(3)
    })

    it('takes effect though the id of the event is written in capitals', async () => {
      const world = await createWorld(connect)
      await world.consume({ handle: (manager, { id }) => record(manager, { id: id.toLowerCase() }) })
      await world.relay()
      const event = world.event('a', 1)
      await world.publish([{ ...event, id: event.id.toUpperCase() }])
      await vi.waitFor(async () => expect(await world.effects()).toEqual([event.id]), patienceMs)
    })

    it('dead-letters at once what breaks the contract', async () => {
      const world = await createWorld(connect)
      await world.consume()
      await world.relay()
      const good = world.event('b', 1)
      await world.publish([{ ...world.event('a', 1), data: { by: 'a lot' } }, good])
      await vi.waitFor(async () => expect(await world.effects()).toEqual([good.id]), patienceMs)
      await vi.waitFor(
        async () => expect(await world.deadLetters.list()).toMatchObject([{ attempts: 1 }]),
        patienceMs,
      )
      await vi.waitFor(async () => expect(await world.pending()).toEqual([]), patienceMs)
    })

    it('publishes nothing of a transaction that was rolled back', async () => {
      const world = await createWorld(connect)
      await world.consume()
      await world.relay()
      const producer = world.database.transaction(async manager => {
        await appendToOutbox(manager, [world.event('a', 1)])
        throw new Error('changed my mind')
      })
      await expect(producer).rejects.toThrow('changed my mind')
      const kept = world.event('a', 2)
      await world.publish([kept])
      await vi.waitFor(async () => expect(await world.effects()).toEqual([kept.id]), patienceMs)
    })

    it('keeps an event that nobody consumes in the outbox, and delivers it once somebody does', async () => {
      const world = await createWorld(connect)
      await world.relay()
      const event = world.event('a', 1)
      await world.publish([event])
      await vi.waitFor(
        async () =>
          expect(await world.pending()).toMatchObject([
            { message_id: event.id, last_error: /No queue is bound/ },
          ]),
        patienceMs,
      )
      await world.consume()
      await vi.waitFor(async () => expect(await world.effects()).toEqual([event.id]), patienceMs)
      await vi.waitFor(async () => expect(await world.pending()).toEqual([]), patienceMs)
    })

    it('stops only after the delivery in flight has taken effect', async () => {
      const world = await createWorld(connect)
      const begun = Promise.withResolvers<void>()
      const mayEnd = Promise.withResolvers<void>()
      const consumer = await world.consume({
        handle: async (manager, envelope) => {
          begun.resolve()
          await mayEnd.promise
          await record(manager, envelope)
        },
      })
      const relay = await world.relay()
      const event = world.event('a', 1)
      await world.publish([event])
      await begun.promise
      let stopped = false
      const stopping = Promise.all([consumer.stop(), relay.stop()]).then(() => {
        stopped = true
      })
      await world.database.query('select 1')
      expect(stopped).toBe(false)
      mayEnd.resolve()
      await stopping
      expect(await world.effects()).toEqual([event.id])
    })
  })
}
