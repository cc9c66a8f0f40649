import { afterEach, expect, it, vi } from 'vitest'
import { bytesOfText, createCache, storeIn } from './cache.ts'

afterEach(() => {
  vi.useRealTimers()
})

const entryBytes = 202
/** A cache with room for so many entries with keys of one character. */
const roomFor = (entries: number) => createCache<number>({ maxBytes: entries * entryBytes, sizeOf: () => 0 })

it('forgets the least recently used entry when it is full', () => {
  const cache = roomFor(2)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.get('a')
  cache.set('c', 3)
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3])
})

it('keeps its size when an entry is set again, and makes room when one is deleted', () => {
  const cache = roomFor(2)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.set('b', 3)
  expect([cache.get('a'), cache.get('b')]).toEqual([1, 3])
  cache.delete('a')
  cache.set('c', 4)
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 3, 4])
})

it('forgets an entry at the end of its time, however often it is used', () => {
  vi.useFakeTimers()
  const cache = roomFor(2)
  cache.set('a', 1, Date.now() + 1_000)
  cache.set('b', 2)
  vi.advanceTimersByTime(999)
  expect(cache.get('a')).toBe(1)
  vi.advanceTimersByTime(1)
  expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 2])
})

it('keeps a new entry, and forgets the oldest, if all were used', () => {
  const cache = roomFor(2)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.get('b')
  cache.get('a')
  cache.set('c', 3)
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 2, 3])
})

it('spares only some of those that were used, so that no entry takes long', () => {
  const cache = createCache<number>({ maxBytes: 1_000 * (entryBytes + 6), sizeOf: () => 0 })
  for (let each = 0; each < 1_000; each += 1) cache.set(String(each).padStart(4, '0'), each)
  for (let each = 0; each < 1_000; each += 1) cache.get(String(each).padStart(4, '0'))
  cache.set('9999', 1_000)
  expect(cache.values().slice(14, 18)).toEqual([14, 15, 17, 18])
})

it('holds nothing whose time is over once something is set', () => {
  vi.useFakeTimers()
  const cache = roomFor(1_000)
  for (let each = 0; each < 500; each += 1)
    cache.set(String.fromCharCode(256 + each), each, Date.now() + 1_000)
  vi.advanceTimersByTime(1_000)
  cache.set('a', 1)
  expect(cache.statistics()).toMatchObject({ entries: 1, bytes: entryBytes })
})

it('counts the bytes of keys and values, and keeps nothing that is larger than the whole cache', () => {
  const cache = createCache<string>({ maxBytes: 2_000, sizeOf: bytesOfText })
  cache.set('a', 'x'.repeat(300))
  cache.set('b', 'x'.repeat(300))
  expect([cache.get('a'), cache.get('b')].map(value => value?.length)).toEqual([300, 300])
  cache.set('c'.repeat(400), '')
  expect([cache.get('a'), cache.get('b'), cache.get('c'.repeat(400))].map(value => value?.length)).toEqual([
    undefined,
    300,
    0,
  ])
  cache.set('d', 'x'.repeat(1_000))
  expect(['b', 'c'.repeat(400), 'd'].map(key => cache.get(key)?.length)).toEqual([300, 0, undefined])
})

it('takes the size of a value at the moment when it is set', () => {
  const cache = createCache<number[]>({ maxBytes: 1_000, sizeOf: list => list.length * 8 })
  const list = [1]
  cache.set('a', list)
  list.push(...Array.from({ length: 1_000 }, () => 0))
  cache.set('a', [])
  cache.set(
    'b',
    Array.from({ length: 50 }, () => 0),
  )
  expect([cache.get('a')?.length, cache.get('b')?.length]).toEqual([0, 50])
})

it('serves Apollo Server as a store with times in seconds', async () => {
  vi.useFakeTimers()
  const store = storeIn(roomFor(2))
  await store.set('a', 1, { ttl: 1 })
  await store.set('b', 2, { ttl: null })
  expect([await store.get('a'), await store.get('b')]).toEqual([1, 2])
  vi.advanceTimersByTime(1_000)
  expect([await store.get('a'), await store.get('b')]).toEqual([undefined, 2])
  await store.delete('b')
  expect(await store.get('b')).toBeUndefined()
})

it('counts how often a value was there, and how often it was not or its time was over', () => {
  vi.useFakeTimers()
  const cache = roomFor(2)
  cache.set('a', 1)
  cache.set('b', 2, Date.now() + 1_000)
  cache.get('a')
  cache.get('a')
  cache.get('c')
  vi.advanceTimersByTime(1_000)
  cache.get('b')
  expect(cache.statistics()).toEqual({ hits: 2, misses: 2, entries: 1, bytes: entryBytes })
})

it('gives all values, the least recently used first', () => {
  const cache = roomFor(2)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.get('a')
  expect(cache.values()).toEqual([2, 1])
})
