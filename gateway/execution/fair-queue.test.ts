import { expect, it } from 'vitest'
import { createFairQueue } from './fair-queue.ts'

it('gives networks their turns, and keeps the order of each', () => {
  const queue = createFairQueue<string>()
  for (const item of ['a1', 'a2', 'a3']) queue.add('a', item)
  queue.add('b', 'b1')
  queue.add('c', 'c1')
  expect(Array.from({ length: 6 }, () => queue.take())).toEqual(['a1', 'b1', 'c1', 'a2', 'a3', undefined])
  expect(queue.isEmpty()).toBe(true)
})

it('refuses what a network adds to a thousand that wait, and nothing of others', () => {
  const queue = createFairQueue<number>()
  for (let item = 0; item < 1_000; item += 1) queue.add('a', item)
  expect(() => queue.add('a', 1_000)).toThrow('Too many new or large operations wait')
  expect(() => queue.add('b', 0)).not.toThrow()
})
