import { expect, it } from 'vitest'
import { createSlots } from './slots.ts'

it('runs no more tasks at a time than it has slots, in the order of the calls', async () => {
  const slots = createSlots(2)
  let running = 0
  let most = 0
  const order: number[] = []
  await Promise.all(
    [1, 2, 3, 4, 5].map(number =>
      slots.run(async () => {
        order.push(number)
        running += 1
        most = Math.max(most, running)
        await Promise.resolve()
        running -= 1
      }),
    ),
  )
  expect({ most, order }).toEqual({ most: 2, order: [1, 2, 3, 4, 5] })
})

it('is idle once what waited has run too, though tasks fail', async () => {
  const slots = createSlots(1)
  const done: string[] = []
  const failing = slots.run(() => Promise.reject(new Error('no')))
  const waiting = slots.run(async () => done.push('second'))
  await slots.idle()
  expect(done).toEqual(['second'])
  await expect(failing).rejects.toThrow('no')
  await waiting
})
