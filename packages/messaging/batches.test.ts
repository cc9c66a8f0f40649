import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createBatches } from './batches.ts'

it('handles together what comes in one turn of the event loop, in its order', async () => {
  const batches = createWatched({ atOnce: 1, size: 10 })
  const added = ['a1', 'b1', 'a2'].map(batches.add)
  await setImmediate()
  expect(batches.begun).toEqual([['a1', 'b1', 'a2']])
  batches.end(0)
  expect(await Promise.all(added)).toEqual(['a1 done', 'b1 done', 'a2 done'])
})

it('makes the next batch of what comes meanwhile, of no more than its size', async () => {
  const batches = createWatched({ atOnce: 1, size: 2 })
  void batches.add('a1')
  await setImmediate()
  for (const item of ['b1', 'c1', 'd1']) void batches.add(item)
  await setImmediate()
  expect(batches.begun).toEqual([['a1']])
  batches.end(0)
  await setImmediate()
  expect(batches.begun).toEqual([['a1'], ['b1', 'c1']])
  batches.end(1)
  await setImmediate()
  expect(batches.begun).toEqual([['a1'], ['b1', 'c1'], ['d1']])
})

it('holds back only what is of a key under way', async () => {
  const batches = createWatched({ atOnce: 2, size: 10 })
  void batches.add('a1')
  await setImmediate()
  void batches.add('a2')
  await setImmediate()
  void batches.add('b1')
  await setImmediate()
  expect(batches.begun).toEqual([['a1'], ['b1']])
  batches.end(0)
  await setImmediate()
  expect(batches.begun).toEqual([['a1'], ['b1'], ['a2']])
})

it('gives an item a batch of its own, and lets nothing of its key overtake it', async () => {
  const batches = createWatched({ atOnce: 1, size: 10 })
  for (const item of ['a1', 'b1!', 'b2', 'c1', 'd1!', 'e1']) void batches.add(item)
  for (let index = 0; index < 5; index += 1) {
    await setImmediate()
    batches.end(index)
  }
  expect(batches.begun).toEqual([['a1', 'c1', 'e1'], ['b1!'], ['b2'], ['d1!']])
})

it('begins nothing after its stop, which waits for what is under way', async () => {
  const batches = createWatched({ atOnce: 1, size: 10 })
  const begun = batches.add('a1')
  await setImmediate()
  const waiting = batches.add('b1')
  let isStopped = false
  const stopping = batches.stop('left').then(() => {
    isStopped = true
  })
  expect(await waiting).toBe('left')
  expect(await batches.add('c1')).toBe('left')
  expect(isStopped).toBe(false)
  batches.end(0)
  await stopping
  expect(await begun).toBe('a1 done')
  expect(batches.begun).toEqual([['a1']])
})

/** Batches of texts: the first letter is the key, '!' makes it alone; each batch ends when it is told to. */
const createWatched = (limits: { readonly atOnce: number; readonly size: number }) => {
  const begun: (readonly string[])[] = []
  const ends: (() => void)[] = []
  const { add, stop } = createBatches<string, string>({
    ...limits,
    work: async batch => {
      begun.push(batch.map(({ item }) => item))
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      ends.push(end)
      await ended
      for (const { item, settle } of batch) settle(`${item} done`)
    },
  })
  return {
    begun,
    end: (index: number) => ends[index]?.(),
    add: (item: string) => add(item, { key: item.slice(0, 1), isAlone: item.endsWith('!') }),
    stop,
  }
}
