import { expect, it, vi } from 'vitest'
import { type Backlog, createBacklog, createEventStream, mapEvents } from './event-stream.ts'

type Event = { readonly n: number }

const streamOf = (maxQueued = 10, backlog: Backlog = createBacklog(1_000)) => {
  const onClose = vi.fn()
  const stream = createEventStream<Event>({
    maxQueued,
    backlog,
    tooSlow: () => new Error('too slow'),
    onClose,
  })
  return { ...stream, onClose }
}

it('gives events in order, including those that came before its reader', async () => {
  const { events, push, end } = streamOf()
  push({ n: 1 }, 7)
  const seen: Event[] = []
  const reading = (async () => {
    for await (const event of events) seen.push(event)
  })()
  push({ n: 2 }, 7)
  end()
  await reading
  expect(seen).toEqual([{ n: 1 }, { n: 2 }])
})

it('throws once at its reader, after the events that came before the failure', async () => {
  const { events, push, fail, onClose } = streamOf()
  push({ n: 1 }, 7)
  fail(new Error('broken'))
  push({ n: 2 }, 7)
  expect(onClose).toHaveBeenCalledOnce()
  expect(await events.next()).toEqual({ done: false, value: { n: 1 } })
  await expect(events.next()).rejects.toThrow('broken')
  expect(await events.next()).toEqual({ done: true, value: undefined })
})

it('fails a reader who is too slow rather than drop an event or grow', async () => {
  const { events, push, onClose } = streamOf(2)
  for (const n of [1, 2, 3]) push({ n }, 7)
  expect(onClose).toHaveBeenCalledOnce()
  expect([await events.next(), await events.next()]).toMatchObject([{ value: { n: 1 } }, { value: { n: 2 } }])
  await expect(events.next()).rejects.toThrow('too slow')
})

it('fails a reader who is too slow when too much waits for the client in total', async () => {
  const backlog = createBacklog(21)
  const [one, other] = [streamOf(10, backlog), streamOf(10, backlog)]
  one.push({ n: 1 }, 7)
  one.push({ n: 2 }, 7)
  other.push({ n: 3 }, 7)
  other.push({ n: 4 }, 7)
  expect(other.onClose).toHaveBeenCalledOnce()
  expect(await other.events.next()).toMatchObject({ value: { n: 3 } })
  await expect(other.events.next()).rejects.toThrow('too slow')
  one.push({ n: 5 }, 7)
  await one.events.return?.()
  const later = streamOf(10, backlog)
  for (const n of [6, 7, 8]) later.push({ n }, 7)
  expect(one.onClose).toHaveBeenCalledOnce()
  expect(later.onClose).not.toHaveBeenCalled()
})

it('closes at once when its reader leaves, though no event comes', async () => {
  const { events, onClose } = streamOf()
  const mapped = mapEvents(events, async ({ n }) => n * 2)
  const pending = mapped.next()
  await mapped.return?.()
  expect(onClose).toHaveBeenCalledOnce()
  expect(await pending).toEqual({ done: true, value: undefined })
})

it('keeps back the result of an event whose reader left meanwhile', async () => {
  const { events, push } = streamOf()
  const mapping = Promise.withResolvers<number>()
  const mapped = mapEvents(events, () => mapping.promise)
  push({ n: 1 }, 7)
  const pending = mapped.next()
  await mapped.return?.()
  mapping.resolve(2)
  expect(await pending).toEqual({ done: true, value: undefined })
})
