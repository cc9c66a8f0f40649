import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withoutGap } from './version-order.ts'

const rows = (...versions: readonly number[]) => versions.map(version => ({ version }))
const versionOf = (row: { readonly version: number }) => row.version

it('takes what follows the last version up to the first gap', () => {
  expect(withoutGap(rows(3, 4, 6), 2, versionOf)).toEqual(rows(3, 4))
  expect(withoutGap(rows(4, 5), 2, versionOf)).toEqual([])
  expect(withoutGap(rows(3), 2, versionOf)).toEqual(rows(3))
  expect(withoutGap([], 2, versionOf)).toEqual([])
})

it('gives every change once and in order, whichever order they arrive in', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.infiniteStream(fc.nat()), (count, picks) => {
      const waiting = Array.from({ length: count }, (_, index) => index + 2)
      const arrived: number[] = []
      const sent: number[] = []
      while (waiting.length > 0) {
        arrived.push(...waiting.splice((picks.next().value ?? 0) % waiting.length, 1))
        const last = sent.at(-1) ?? 1
        const newer = arrived.filter(version => version > last).toSorted((a, b) => a - b)
        sent.push(...withoutGap(rows(...newer), last, versionOf).map(row => row.version))
      }
      expect(sent).toEqual(Array.from({ length: count }, (_, index) => index + 2))
    }),
  )
})
