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
  // n.b. a shop with 800 orders a second is simulated for 8 s
  const { figures, plot } = paperOf(results, compared, [10, 50, 100])
  const page = readPage()
  const lines = new Set(page.figures.split('\n'))
  const hint = 'run npm run bench -- capacity --kept --write'
  expect(
    figures.split('\n').filter(line => !lines.has(line)),
    hint,
  ).toEqual([])
  expect(page.plot, hint).toEqual(plot)
})

it('is off if the database costs a checkout nothing', () => {
  const { checkout } = results.costs
  const costs = { ...results.costs, checkout: { ...checkout, database: { perBatch: 0, perEvent: 0 } } }
  expect(compare({ ...results, costs }).filter(isOff).length).toBeGreaterThan(0)
})
