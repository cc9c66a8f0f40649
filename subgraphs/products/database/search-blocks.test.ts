import { expect, it } from 'vitest'
import { blocksBefore } from './search-blocks.ts'

/** The places that a block has, from the first to before the last one's next. */
const placesOf = (block: string) => {
  const [level = 0, number = 0] = block.slice(1).split(':').map(Number)
  const size = 2_048 * 4 ** level
  return { from: number * size, to: (number + 1) * size }
}

it.each([
  2, 2_048, 2_049, 5_000, 8_193, 1_000_000, 20_971_521,
])('has each place below %d once, from the last to the first', before => {
  const groups = [...blocksBefore(before)].map(blocks => blocks.map(placesOf))
  const descending = groups.flatMap(blocks => blocks.toReversed())
  expect(descending[0]?.to).toBeGreaterThanOrEqual(before)
  expect(descending[0]?.from).toBeLessThan(before)
  for (const [index, { from }] of descending.entries()) expect(descending[index + 1]?.to ?? 0).toBe(from)
})

it.each([1, 0, -5])('has no block below %d, as no product has such a place', before => {
  expect([...blocksBefore(before)]).toEqual([])
})

it('begins with 2,048 places, and comes to all of a million in 6 more steps', () => {
  const sizes = [...blocksBefore(1_000_000)].map(blocks =>
    blocks.map(placesOf).reduce((places, { from, to }) => places + to - from, 0),
  )
  expect(sizes[0]).toBe(2_048)
  expect(sizes.length).toBeLessThanOrEqual(7)
})
