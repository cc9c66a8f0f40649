import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shareOut, sumOf } from './share-out.ts'

const limits = fc.dictionary(fc.string(), fc.nat(2 ** 48)).map(record => new Map(Object.entries(record)))

it('shares out the whole amount as far as the limits go, and nobody more than their limit', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 48), limits, (amount, limits) => {
      const shares = shareOut(amount, limits)
      expect(sumOf(shares)).toBe(Math.min(amount, sumOf(limits)))
      for (const [key, share] of shares) {
        expect(share).toBeGreaterThanOrEqual(0)
        expect(share).toBeLessThanOrEqual(limits.get(key) ?? -1)
      }
    }),
  )
})

it('gives the same shares whatever the order of the limits', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 48), limits, (amount, limits) => {
      const reversed = new Map([...limits].toReversed())
      expect(shareOut(amount, reversed)).toEqual(shareOut(amount, limits))
    }),
  )
})

it('shares out in proportion, the last unit to the largest rest', () => {
  expect(
    shareOut(
      10,
      new Map([
        ['a', 50],
        ['b', 30],
        ['c', 20],
      ]),
    ),
  ).toEqual(
    new Map([
      ['a', 5],
      ['b', 3],
      ['c', 2],
    ]),
  )
  expect(
    shareOut(
      2,
      new Map([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]),
    ),
  ).toEqual(
    new Map([
      ['a', 1],
      ['b', 1],
      ['c', 0],
    ]),
  )
})
