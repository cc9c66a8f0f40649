import { expect, it, onTestFinished, vi } from 'vitest'
import { topicOf } from '../database/announcements.ts'
import { type Found, follow } from './follow.ts'
import { createWakeUps } from './wake-ups.ts'

const topic = topicOf('order', 'one')
const topics = [topic]

/** A log to follow, whose reads can be held up. */
const createLog = () => {
  const rows: number[] = []
  let sent = 0
  let reads = 0
  let gate = Promise.resolve()
  return {
    rows,
    reads: () => reads,
    holdReads: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    read: async (): Promise<Found<number>> => {
      reads += 1
      const values = rows.slice(sent)
      await gate
      sent += values.length
      return { values }
    },
  }
}

it('gives what is there, then what each wake-up brings', async () => {
  const [wakeUps, log] = [createWakeUps(), createLog()]
  log.rows.push(1, 2)
  const stream = follow(wakeUps, { topics, read: log.read })
  expect([await stream.next(), await stream.next()]).toMatchObject([{ value: 1 }, { value: 2 }])
  const third = stream.next()
  log.rows.push(3)
  wakeUps.hear(topic)
  expect(await third).toMatchObject({ value: 3 })
})

it('reads again when it was woken during a read', async () => {
  const [wakeUps, log] = [createWakeUps(), createLog()]
  const release = log.holdReads()
  const stream = follow(wakeUps, { topics, read: log.read })
  const first = stream.next()
  await expect.poll(log.reads).toBe(1)
  log.rows.push(1)
  wakeUps.hear(topic)
  release()
  expect(await first).toMatchObject({ value: 1 })
})

it('answers any number of wake-ups during a read with one more read', async () => {
  const [wakeUps, log] = [createWakeUps(), createLog()]
  const release = log.holdReads()
  const stream = follow(wakeUps, { topics, read: log.read })
  const first = stream.next()
  await expect.poll(log.reads).toBe(1)
  for (let count = 0; count < 1_000; count += 1) wakeUps.hear(topic)
  release()
  await expect.poll(log.reads).toBe(2)
  log.rows.push(1)
  wakeUps.hear(topic)
  expect(await first).toMatchObject({ value: 1 })
  expect(log.reads()).toBe(3)
})

it('does not read ahead of its consumer', async () => {
  const [wakeUps, log] = [createWakeUps(), createLog()]
  log.rows.push(1)
  const stream = follow(wakeUps, { topics, read: log.read })
  await stream.next()
  for (let count = 0; count < 1_000; count += 1) wakeUps.hear(topic)
  expect(log.reads()).toBe(1)
})

it('stops listening at once on return, and ends a pending next', async () => {
  const [wakeUps, log] = [createWakeUps(), createLog()]
  const stream = follow(wakeUps, { topics, read: log.read })
  const pending = stream.next()
  expect(wakeUps.subscribers()).toBe(1)
  const returned = stream.return?.()
  expect(wakeUps.subscribers()).toBe(0)
  expect(await returned).toMatchObject({ done: true })
  expect(await pending).toMatchObject({ done: true })
  expect(await stream.next()).toMatchObject({ done: true })
})

it('drops what a read still brings after return', async () => {
  const [wakeUps, log] = [createWakeUps(), createLog()]
  log.rows.push(1)
  const release = log.holdReads()
  const stream = follow(wakeUps, { topics, read: log.read })
  const pending = stream.next()
  await expect.poll(log.reads).toBe(1)
  await stream.return?.()
  release()
  expect(await pending).toMatchObject({ done: true })
})

it('passes a failed read on and stops listening', async () => {
  const wakeUps = createWakeUps()
  const stream = follow(wakeUps, { topics, read: () => Promise.reject(new Error('gone')) })
  await expect(stream.next()).rejects.toThrow('gone')
  expect(wakeUps.subscribers()).toBe(0)
  expect(await stream.next()).toMatchObject({ done: true })
})

it('outlasts a database that is away', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let reads = 0
  const stream = follow(createWakeUps(), {
    topics,
    read: async () => {
      reads += 1
      if (reads < 3) throw Object.assign(new Error('the server shuts down'), { code: '57P01' })
      return { values: ['back'] }
    },
  })
  const pending = stream.next()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await pending).toMatchObject({ value: 'back' })
})

it('looks at once for what a look has left behind, and no more than that', async () => {
  let reads = 0
  const pages = [
    { values: ['a'], lookAgainInMs: 0 },
    { values: ['b'], lookAgainInMs: 0 },
  ]
  const wakeUps = createWakeUps()
  const stream = follow(wakeUps, {
    topics,
    read: async () => {
      reads += 1
      return pages.shift() ?? { values: [] }
    },
  })
  expect([await stream.next(), await stream.next()]).toMatchObject([{ value: 'a' }, { value: 'b' }])
  const pending = stream.next()
  await expect.poll(() => reads).toBe(3)
  await stream.return?.()
  expect(await pending).toMatchObject({ done: true })
  expect(reads).toBe(3)
})

it('looks again without a wake-up when the read asks for it', async () => {
  let reads = 0
  const stream = follow(createWakeUps(), {
    topics,
    read: async () => {
      reads += 1
      return reads === 1 ? { values: [], lookAgainInMs: 1 } : { values: ['late'] }
    },
  })
  expect(await stream.next()).toMatchObject({ value: 'late' })
})

it('wakes only the subscribers of a topic, and all subscribers after a gap', () => {
  const wakeUps = createWakeUps()
  const woken: string[] = []
  const products = [topicOf('product', 'A'), topicOf('product', 'b')]
  const ofProducts = { wake: () => void woken.push('products') }
  wakeUps.on(products, ofProducts)
  wakeUps.on([topicOf('user', 'b')], { wake: () => void woken.push('user') })
  wakeUps.hear(topicOf('product', 'a'))
  wakeUps.hear('product:unknown')
  expect(woken).toEqual(['products'])
  wakeUps.wakeAll()
  expect(woken).toEqual(['products', 'products', 'user'])
  wakeUps.off(products, ofProducts)
  wakeUps.wakeAll()
  wakeUps.hear(topicOf('product', 'b'))
  expect(woken).toEqual(['products', 'products', 'user', 'user'])
})
