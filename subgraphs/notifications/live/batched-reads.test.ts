import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { batchReads } from './batched-reads.ts'

type Key = { readonly id: string; readonly after: number }

const createReads = () => {
  const seen: (readonly string[])[] = []
  const read = batchReads(async (keys: readonly Key[]) => {
    seen.push(keys.map(({ id, after }) => `${id} after ${after}`))
    if (keys.some(({ id }) => id === 'broken')) throw new Error('gone')
    return keys.map(({ id, after }) => `${id}${after + 1}`)
  })
  return { seen, read }
}

it('reads together what is asked in one turn, and once for all who ask for the same', async () => {
  const { seen, read } = createReads()
  const asked = [
    { id: 'a', after: 1 },
    { id: 'b', after: 1 },
    { id: 'a', after: 1 },
    { id: 'a', after: 2 },
  ]
  expect(await Promise.all(asked.map(read))).toEqual(['a2', 'b2', 'a2', 'a3'])
  expect(seen).toEqual([['a after 1', 'b after 1', 'a after 2']])
})

it('reads at most 200 keys at a time, and answers each', async () => {
  const { seen, read } = createReads()
  const asked = Array.from({ length: 450 }, (_, after) => ({ id: 'a', after }))
  expect(await Promise.all(asked.map(read))).toEqual(asked.map(({ after }) => `a${after + 1}`))
  expect(seen.map(keys => keys.length)).toEqual([200, 200, 50])
})

it('begins another read for whoever asks once a read has begun', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: row, resolve: answer } = Promise.withResolvers<number>()
  let reads = 0
  const read = batchReads(async (keys: readonly string[]) => {
    reads += 1
    begin()
    return Array.from(keys, () => row)
  })
  const first = read('a')
  await begun
  const second = read('a')
  answer(7)
  expect(await Promise.all([first, second])).toEqual([7, 7])
  expect(reads).toBe(2)
})

it('has two reads under way at most, and reads together what comes meanwhile', async () => {
  const ends: (() => void)[] = []
  const seen: (readonly string[])[] = []
  const read = batchReads(async (keys: readonly string[]) => {
    seen.push(keys)
    await new Promise<void>(resolve => ends.push(resolve))
    return keys
  })
  const asked: Promise<string>[] = []
  for (const key of ['a', 'b', 'c', 'd']) {
    asked.push(read(key))
    await setImmediate()
  }
  expect(seen).toEqual([['a'], ['b']])
  ends.shift()?.()
  expect(await asked[0]).toBe('a')
  await setImmediate()
  expect(seen).toEqual([['a'], ['b'], ['c', 'd']])
  for (const end of ends) end()
  expect(await Promise.all(asked)).toEqual(['a', 'b', 'c', 'd'])
})

it('passes a failure on to all who share it, and reads anew afterwards', async () => {
  const { seen, read } = createReads()
  const broken = { id: 'broken', after: 1 }
  for (const answer of [read(broken), read({ id: 'a', after: 1 }), read(broken)])
    await expect(answer).rejects.toThrow('gone')
  expect(await read({ id: 'a', after: 1 })).toBe('a2')
  expect(seen.length).toBe(2)
})
