import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createDeliveryTurns } from './delivery-turns.ts'

const start = (count: number) => {
  const turn = createDeliveryTurns(10)
  const done: number[] = []
  const deliver = async (number: number) => {
    await turn()
    done.push(number)
  }
  return { done, all: Promise.all(Array.from({ length: count }, (_, index) => deliver(index))), deliver }
}

it('lets what else there is come between many deliveries, which keep their order', async () => {
  const { done, all } = start(35)
  const seen: number[] = []
  while (done.length < 35) {
    await nextTurn()
    seen.push(done.length)
  }
  await all
  expect(done).toEqual(Array.from({ length: 35 }, (_, index) => index))
  for (const [index, count] of seen.entries()) expect(count - (seen[index - 1] ?? 0)).toBeLessThanOrEqual(20)
  expect(seen.length).toBeGreaterThanOrEqual(3)
})

it('holds up no delivery while there are few', async () => {
  const turn = createDeliveryTurns(10)
  for (let round = 0; round < 5; round += 1) {
    expect(Array.from({ length: 10 }, () => turn())).toEqual(Array.from({ length: 10 }, () => undefined))
    await nextTurn()
    await nextTurn()
  }
})

it('lets nobody wait for ever, whenever it asks', async () => {
  const { all, deliver, done } = start(25)
  await nextTurn()
  const later = Promise.all([deliver(25), deliver(26)])
  await Promise.all([all, later])
  expect(done.length).toBe(27)
})
