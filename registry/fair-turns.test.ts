import { expect, it } from 'vitest'
import { createFairTurns } from './fair-turns.ts'

/** Begins tasks of keys, in this order, none of which ends before the last one has been begun; tells in which order they ran. */
const runInOrder = async (keys: readonly string[], maxWaiting = 100) => {
  const turns = createFairTurns(maxWaiting, 'this key')
  const ran: string[] = []
  const begun = Promise.withResolvers<void>()
  const running = keys.map(key =>
    turns.run(key, async () => {
      ran.push(key)
      await begun.promise
    }),
  )
  begun.resolve()
  return { outcomes: await Promise.allSettled(running), ran, turns }
}

it('lets keys take turns, however many tasks one of them has begun before', async () => {
  const { ran } = await runInOrder(['a', 'a', 'a', 'a', 'b', 'b', 'c'])
  expect(ran).toEqual(['a', 'b', 'c', 'a', 'b', 'a', 'a'])
})

it('refuses the key of which too many tasks wait, and no other one', async () => {
  const { outcomes, ran, turns } = await runInOrder(['a', 'a', 'a', 'a', 'b'], 2)
  expect(ran.toSorted()).toEqual(['a', 'a', 'a', 'b'])
  expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([
    {
      status: 'rejected',
      reason: expect.objectContaining({
        code: 'SERVICE_UNAVAILABLE',
        message: '2 requests of this key wait already: send this one again later',
      }),
    },
  ])
  expect(await turns.run('a', async () => 'again')).toBe('again')
})

it('goes on after a task that failed', async () => {
  const turns = createFairTurns(1, 'this key')
  await expect(turns.run('a', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await turns.run('a', async () => 'next')).toBe('next')
})
