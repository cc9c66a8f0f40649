import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { defineEvent } from '../envelope.ts'
import type { Transport } from '../transport.ts'

const patienceMs = 15_000
const announced = defineEvent({
  type: 'news.announced',
  source: 'test',
  data: z.object({ text: z.string() }),
})
const dropped = defineEvent({ type: 'news.dropped', source: 'test', data: z.object({}) })

/** News to publish. */
export const news = (text: string) =>
  announced.create({
    id: crypto.randomUUID(),
    subject: text,
    version: 1,
    occurredAt: new Date(),
    data: { text },
  })

/** Listens to news until the test is over. */
export const listenToNews = async (transport: Transport) => {
  const heard: unknown[] = []
  const listener = await transport.listen({
    types: [announced.type],
    handle: envelope => heard.push(announced.parse(envelope).data.text),
  })
  onTestFinished(() => listener.stop())
  return { heard, stop: listener.stop }
}

/** What `listen` guarantees over every transport; `connect` gives what two processes would have. */
export const describeListening = (
  name: string,
  queue: string,
  connect: () => Promise<readonly [Transport, Transport]>,
): void => {
  describe(name, { timeout: 240_000 }, () => {
    it('lets every process hear every event of the types that it listens to, and no other', async () => {
      const transports = await connect()
      const [publisher] = transports
      const listeners = await Promise.all(transports.map(listenToNews))
      await publisher.listen({ types: [dropped.type], handle: () => undefined })
      await publisher.publish(
        dropped.create({
          id: crypto.randomUUID(),
          subject: 'a',
          version: 1,
          occurredAt: new Date(),
          data: {},
        }),
      )
      await publisher.publish(news('first'))
      await publisher.publish(news('second'))
      for (const { heard } of listeners)
        await vi.waitFor(() => expect(heard).toEqual(['first', 'second']), patienceMs)
    })

    it('counts an event that is only listened to as routed, as long as someone listens', async () => {
      const [transport] = await connect()
      const event = news('first')
      await expect(transport.publish(event)).rejects.toThrow('No queue is bound to news.announced')
      const { heard, stop } = await listenToNews(transport)
      await transport.publish(event)
      await vi.waitFor(() => expect(heard).toEqual(['first']), patienceMs)
      await stop()
      await expect(transport.publish(event)).rejects.toThrow('No queue is bound to news.announced')
    })

    it('goes on after a listener that throws', async () => {
      const [transport] = await connect()
      await transport.listen({
        types: [announced.type],
        handle: () => {
          throw new Error('I do not want to know')
        },
      })
      const { heard } = await listenToNews(transport)
      await transport.publish(news('first'))
      await transport.publish(news('second'))
      await vi.waitFor(() => expect(heard).toEqual(['first', 'second']), patienceMs)
    })

    it('delivers to the queues as well, whoever listens', async () => {
      const [transport] = await connect()
      const taken: unknown[] = []
      await transport.consume({
        queue,
        types: [announced.type],
        prefetch: 1,
        deliver: async envelope => {
          taken.push(announced.parse(envelope).data.text)
          return { kind: 'ack' }
        },
      })
      const { heard } = await listenToNews(transport)
      await transport.publish(news('first'))
      await vi.waitFor(() => expect([taken, heard]).toEqual([['first'], ['first']]), patienceMs)
    })
  })
}
