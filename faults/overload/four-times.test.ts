import { expect, it } from 'vitest'
import { unmetIn } from './four-times.ts'

const good = {
  goodput: 0.9,
  refusals: 1_000,
  refusedP99: 20,
  checkouts: 0.9,
  pages: 0.2,
  reports: 0.1,
  failed: 0,
  recoveredMs: 500,
}

it('finds nothing unmet if all goals are met', () => {
  expect(unmetIn(good)).toEqual([])
})

it.each([
  [{ refusals: 0, refusedP99: 0 }, 'nothing is refused'],
  [{ failed: 0.05 }, '5 % are neither served nor refused'],
  [{ reports: 0.2 }, '20 % of the pages are served, and 20 % of the reports'],
  [{ pages: 0.9 }, '90 % of the checkouts are served, and 90 % of the pages'],
  [{ goodput: 0.5 }, '50 % of what can be served is served'],
])('is unmet with %o', (measured, reason) => {
  expect(unmetIn({ ...good, ...measured })).toEqual([reason])
})
