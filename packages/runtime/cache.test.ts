import { afterEach, expect, it, vi } from 'vitest'
import { createCache } from './cache.ts'

afterEach(() => {
  vi.useRealTimers()
})

it('forgets the least recently used entry when it is full', () => {
  const cache = createCache<string, number>({ maxEntries: 2 })
  cache.set('a', 1)
  cache.set('b', 2)
  cache.get('a')
  cache.set('c', 3)
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3])
})

it('keeps its size when an entry is set again', () => {
  const cache = createCache<string, number>({ maxEntries: 2 })
  cache.set('a', 1)
  cache.set('b', 2)
  cache.set('b', 3)
  expect([cache.get('a'), cache.get('b')]).toEqual([1, 3])
})

it('forgets an entry at the end of its time, however often it is used', () => {
  vi.useFakeTimers()
  const cache = createCache<string, number>({ maxEntries: 2 })
  cache.set('a', 1, Date.now() + 1_000)
  cache.set('b', 2)
  vi.advanceTimersByTime(999)
  expect(cache.get('a')).toBe(1)
  vi.advanceTimersByTime(1)
  expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 2])
})

it('forgets values until the sizes of the rest add up to no more than it may keep', () => {
  const cache = createCache<string, string>({ maxEntries: 10, maxSize: 5, sizeOf: value => value.length })
  cache.set('a', 'xx')
  cache.set('b', 'xx')
  cache.set('a', 'x')
  cache.set('c', 'xx')
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['x', 'xx', 'xx'])
  cache.set('d', 'xxx')
  expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.get('d')]).toEqual([
    undefined,
    undefined,
    'xx',
    'xxx',
  ])
  cache.set('e', 'xxxxxx')
  expect([cache.get('c'), cache.get('d'), cache.get('e')]).toEqual([undefined, undefined, undefined])
})
