import { expect, it } from 'vitest'
import { createLanes } from './lanes.ts'

it('runs the tasks of one key one after the other, though one fails, and those of another key beside them', async () => {
  const lanes = createLanes()
  const log: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = lanes.run('a', async () => {
    log.push('a1 begins')
    await gate.promise
    log.push('a1 fails')
    throw new Error('a1')
  })
  const second = lanes.run('a', async () => log.push('a2'))
  await lanes.run('b', async () => log.push('b1'))
  gate.resolve()
  await expect(first).rejects.toThrow('a1')
  await second
  expect(log).toEqual(['a1 begins', 'b1', 'a1 fails', 'a2'])
})
