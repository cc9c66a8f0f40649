import { expect, it } from 'vitest'
import { compare, isOff } from './comparison.ts'
import { paperOf, readPage } from './page.ts'
import { readResults } from './results.ts'

const results = readResults()
const compared = compare(results)

it('comes near to everything that was measured', () => {
  expect(compared.filter(isOff)).toEqual([])
})

it('finds what the page says', { timeout: 120_000 }, () => {
  expect(readPage(), 'run npm run bench -- capacity --kept --write').toEqual(paperOf(results, compared))
})

it('is off if the database costs a checkout nothing', () => {
  const { checkout } = results.costs
  const costs = { ...results.costs, checkout: { ...checkout, database: { perBatch: 0, perEvent: 0 } } }
  expect(compare({ ...results, costs }).filter(isOff).length).toBeGreaterThan(0)
})
