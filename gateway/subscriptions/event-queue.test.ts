import { setImmediate } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { Backlog } from './backlog.ts'
import { EventQueue } from './event-queue.ts'

type Event = { readonly n: number; readonly bytes: number }

/** A queue whose taker takes each event only when it is told to. */
const queueOf = ({ maxQueued = 10, backlog = new Backlog(1_000) } = {}) => {
  const taken: number[] = []
  const waiting: PromiseWithResolvers<void>[] = []
  const closed = vi.fn()
  const ended = vi.fn()
  const queue = new EventQueue<Event>(
    {
      take: ({ n }) => {
        taken.push(n)
        const turn = Promise.withResolvers<void>()
        waiting.push(turn)
        return turn.promise
      },
      closed,
      ended,
    },
    backlog,
  )
  const push = (n: number) => queue.push({ n, bytes: 7 }, { maxQueued, tooSlow: () => new Error('too slow') })
  /** Lets the taker be done with the event that it has. */
  const done = async () => {
    await setImmediate()
    waiting.shift()?.resolve()
    await setImmediate()
  }
  const fail = async (error: Error) => {
    await setImmediate()
    waiting.shift()?.reject(error)
    await setImmediate()
  }
  return { queue, push, done, fail, taken, closed, ended }
}

it('gives events one after the other, and then ends', async () => {
  const { queue, push, done, taken, ended } = queueOf()
  push(1)
  push(2)
  queue.end()
  await done()
  expect([taken, ended.mock.calls]).toEqual([[1, 2], []])
  await done()
  expect(ended.mock.calls).toEqual([[undefined]])
})

it('goes on with events that come after it was empty', async () => {
  const { push, done, taken } = queueOf()
  push(1)
  await done()
  push(2)
  await done()
  expect(taken).toEqual([1, 2])
})

it('ends at once if nothing waits', () => {
  const { queue, ended, closed } = queueOf()
  queue.end(new Error('broken'))
  expect([ended.mock.calls, closed.mock.calls.length]).toEqual([[[new Error('broken')]], 1])
})

it('tells once of a failure, after the events that came before it, and takes no more', async () => {
  const { queue, push, done, taken, closed, ended } = queueOf()
  push(1)
  queue.end(new Error('broken'))
  push(2)
  expect(closed).toHaveBeenCalledOnce()
  await done()
  queue.end(new Error('broken again'))
  expect([taken, ended.mock.calls]).toEqual([[1], [[new Error('broken')]]])
})

it('ends with the error of an event that could not be taken, and drops those behind it', async () => {
  const { push, fail, taken, closed, ended } = queueOf()
  push(1)
  push(2)
  await fail(new Error('refused'))
  expect([taken, ended.mock.calls]).toEqual([[1], [[new Error('refused')]]])
  expect(closed).toHaveBeenCalledOnce()
})

it('fails a taker who is too slow rather than drop an event or grow', async () => {
  const { push, done, taken, closed, ended } = queueOf({ maxQueued: 2 })
  for (const n of [1, 2, 3]) push(n)
  expect(closed).toHaveBeenCalledOnce()
  await done()
  await done()
  expect([taken, ended.mock.calls]).toEqual([[1, 2], [[new Error('too slow')]]])
})

it('fails a taker who is too slow when too much waits for the client in total', async () => {
  const backlog = new Backlog(21)
  const [one, other] = [queueOf({ backlog }), queueOf({ backlog })]
  one.push(1)
  one.push(2)
  other.push(3)
  other.push(4)
  expect([one.closed.mock.calls.length, other.closed.mock.calls.length]).toEqual([0, 1])
})

it('gives the room of what is dropped back, and tells nobody', async () => {
  const backlog = new Backlog(21)
  const one = queueOf({ backlog })
  for (const n of [1, 2, 3]) one.push(n)
  one.queue.drop()
  await one.done()
  const other = queueOf({ backlog })
  for (const n of [4, 5, 6]) other.push(n)
  expect([one.taken, one.closed.mock.calls.length, one.ended.mock.calls.length]).toEqual([[], 1, 0])
  expect(other.closed).not.toHaveBeenCalled()
})
