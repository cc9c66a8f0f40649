import { randomUUID } from 'node:crypto'
import type { EntityManager } from 'typeorm'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { DeadLetter } from '../dead-letters.ts'
import type { Envelope } from '../envelope.ts'
import { createWorld, patienceMs, record, type TransportUnderTest } from './suite-world.ts'

/** What the dead letters of every transport guarantee, on the whole path that fills and empties them. */
export const describeDeadLetters = (name: string, connect: () => Promise<TransportUnderTest>): void => {
  describe(name, { timeout: 240_000 }, () => {
    it('lists what was given up, oldest first, however often and by however many at once', async () => {
      const world = await createPoisonedWorld(connect)
      const ids = await world.giveUp(['a', 'b', 'c', 'd'])
      const other = await world.openDeadLetters()
      onTestFinished(() => other.stop())
      const listings = await Promise.all(
        [world.deadLetters, other, world.deadLetters, other, other].map(letters => letters.list()),
      )
      for (const letters of [...listings, await world.deadLetters.list()]) expect(idsOf(letters)).toEqual(ids)
      expect(listings[0]?.[0]).toMatchObject({
        queue: world.queue,
        messageId: ids[0],
        type: 'counter.raised',
        subject: 'a',
        attempts: 3,
        error: expect.stringContaining('poison'),
      })
    })

    it('lists by queue, type, subject, id and the time of the last attempt', async () => {
      const world = await createPoisonedWorld(connect)
      const [a, b] = await world.giveUp(['a', 'b'])
      const [first, second] = await world.deadLetters.list()
      const list = async (filter: object) => idsOf(await world.deadLetters.list(filter))
      expect(await list({ subject: 'a' })).toEqual([a])
      expect(await list({ messageIds: [b] })).toEqual([b])
      expect(await list({ type: 'counter.raised', queue: world.queue })).toEqual([a, b])
      expect(await list({ type: 'counter.lowered' })).toEqual([])
      expect(await list({ queue: `${world.queue}-too` })).toEqual([])
      expect(await list({ since: second?.lastFailedAt })).toEqual([b])
      expect(await list({ since: first?.firstFailedAt })).toEqual([a, b])
    })

    it('replays to the queue that gave up and to no other, with all attempts anew', async () => {
      const world = await createPoisonedWorld(connect)
      const elsewhere: string[] = []
      await world.consume({
        queue: `${world.queue}-too`,
        handle: async (_, envelope) => void elsewhere.push(envelope.id),
      })
      const ids = await world.giveUp(['a', 'b'])
      const [a] = ids
      await vi.waitFor(() => expect(elsewhere.toSorted()).toEqual(ids.toSorted()), patienceMs)
      // as if it had been handled so long ago that it is forgotten
      await world.database.query('delete from inbox')

      expect(idsOf(await world.deadLetters.replay({ messageIds: [a ?? ''] }))).toEqual([a])
      await vi.waitFor(async () => expect(await world.deadLetters.list()).toHaveLength(2), patienceMs)
      expect((await world.deadLetters.list({ messageIds: [a ?? ''] }))[0]?.attempts).toBe(3)

      world.heal()
      await world.deadLetters.replay({ messageIds: ids })
      await vi.waitFor(
        async () => expect((await world.effects()).toSorted()).toEqual(ids.toSorted()),
        patienceMs,
      )
      await vi.waitFor(async () => expect(await world.pending()).toEqual([]), patienceMs)
      expect(await world.deadLetters.list()).toEqual([])
      expect(elsewhere).toHaveLength(2)
    })

    it('settles for each queue apart an event that several gave up', async () => {
      const world = await createPoisonedWorld(connect)
      const too = `${world.queue}-too`
      await world.consume({ queue: too, handle: world.handlePoisoned })
      const [id = ''] = await world.giveUp(['a'], 2)
      await world.deadLetters.drop({ messageIds: [id], queue: too })
      expect(await world.deadLetters.list()).toMatchObject([{ messageId: id, queue: world.queue }])
      world.heal()
      await world.deadLetters.replay({ messageIds: [id] })
      await vi.waitFor(async () => expect(await world.effects()).toEqual([id]), patienceMs)
      await vi.waitFor(async () => expect(await world.pending()).toEqual([]), patienceMs)
      expect(await world.deadLetters.list()).toEqual([])
    })

    it('drops the named letters, so that they never come back, and leaves the others in their order', async () => {
      const world = await createPoisonedWorld(connect)
      const [a, b = '', c] = await world.giveUp(['a', 'b', 'c'])
      expect(idsOf(await world.deadLetters.drop({ messageIds: [b, randomUUID()] }))).toEqual([b])
      expect(await world.deadLetters.drop({ messageIds: [b] })).toEqual([])
      expect(idsOf(await world.deadLetters.list())).toEqual([a, c])
      expect(await world.pending()).toEqual([])
      expect(await world.effects()).toEqual([])
    })

    it('takes effect once though many replay the same at the same time', async () => {
      const world = await createPoisonedWorld(connect)
      const ids = await world.giveUp(['a', 'b', 'c'])
      const other = await world.openDeadLetters()
      onTestFinished(() => other.stop())
      world.heal()
      const replayed = await Promise.all(
        [world.deadLetters, other, world.deadLetters, other].map(letters =>
          letters.replay({ messageIds: ids }),
        ),
      )
      expect(idsOf(replayed.flat()).toSorted()).toEqual(ids.toSorted())
      await vi.waitFor(
        async () => expect((await world.effects()).toSorted()).toEqual(ids.toSorted()),
        patienceMs,
      )
    })
  })
}

const idsOf = (letters: readonly DeadLetter[]): string[] => letters.map(letter => letter.messageId)

/** A world whose consumer fails at every event until it is healed. */
const createPoisonedWorld = async (connect: () => Promise<TransportUnderTest>) => {
  const world = await createWorld(connect)
  let isPoisoned = true
  const handlePoisoned = async (manager: EntityManager, envelope: Envelope) => {
    if (isPoisoned) throw new Error('poison')
    await record(manager, envelope)
  }
  await world.consume({ handle: handlePoisoned })
  await world.relay()
  return {
    ...world,
    handlePoisoned,
    heal: () => {
      isPoisoned = false
    },
    /** Publishes an event of each aggregate and waits until it is given up; resolves with the ids. */
    giveUp: async (subjects: readonly string[], letters = subjects.length): Promise<readonly string[]> => {
      const ids: string[] = []
      for (const subject of subjects) {
        const event = world.event(subject, 1)
        ids.push(event.id)
        await world.publish([event])
        const expected = (letters / subjects.length) * ids.length
        await vi.waitFor(
          async () => expect(await world.deadLetters.list()).toHaveLength(expected),
          patienceMs,
        )
      }
      return ids
    },
  }
}
