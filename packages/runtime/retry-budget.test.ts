import { expect, it } from 'vitest'
import { RetryBudget } from './retry-budget.ts'

it('lets ten requests in a row be sent again, and then one for every ten that are sent', () => {
  const budget = new RetryBudget()
  const taken = Array.from({ length: 12 }, () => budget.take())
  expect(taken.filter(Boolean)).toHaveLength(10)
  let again = 0
  for (let sent = 0; sent < 1_000; sent += 1) {
    budget.sent()
    if (budget.take()) again += 1
  }
  expect(again).toBeGreaterThanOrEqual(99)
  expect(again).toBeLessThanOrEqual(100)
})

it('saves no more than ten', () => {
  const budget = new RetryBudget()
  for (let sent = 0; sent < 1_000; sent += 1) budget.sent()
  expect(Array.from({ length: 12 }, () => budget.take()).filter(Boolean)).toHaveLength(10)
})
