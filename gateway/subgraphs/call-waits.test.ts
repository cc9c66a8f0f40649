import { expect, it } from 'vitest'
import { CallWaits } from './call-waits.ts'

it('counts the time in which at least one call was under way, and no time twice', () => {
  const waits = new CallWaits()
  waits.begin(10)
  waits.begin(12)
  waits.end(15)
  waits.end(20)
  waits.begin(30)
  waits.end(31)
  expect(waits.waitedMs).toBe(11)
})
