import { expect, it } from 'vitest'
import { createRandom } from './random.ts'

const draws = (seed: string) => {
  const random = createRandom(seed)
  return Array.from({ length: 100 }, () => random.integer(1, 1_000_000))
}

it('makes the same choices for the same seed, and others for another', () => {
  expect(draws('7')).toEqual(draws('7'))
  expect(draws('7')).not.toEqual(draws('8'))
})

it('gives a fork the same choices however far its origin has moved on', () => {
  const [fresh, used] = [createRandom('7'), createRandom('7')]
  used.integer(1, 10)
  expect(used.fork('a').integer(1, 1_000_000)).toBe(fresh.fork('a').integer(1, 1_000_000))
})

it('draws from the whole range and nothing beside it', () => {
  const random = createRandom('range')
  const drawn = new Set(Array.from({ length: 1_000 }, () => random.integer(1, 6)))
  expect([...drawn].toSorted()).toEqual([1, 2, 3, 4, 5, 6])
})

it('shuffles without loss', () => {
  const values = Array.from({ length: 50 }, (_, index) => index)
  const shuffled = createRandom('cards').shuffled(values)
  expect(shuffled).not.toEqual(values)
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(values)
})
