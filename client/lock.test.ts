import { expect, it } from 'vitest'
import { createLocalLock, createLock } from './lock.ts'

it.each([
  ['of this process', createLocalLock],
  ['of the platform', () => createLock('lock.test.ts')],
])('runs one at a time, also after one that failed: a lock %s', async (_, create) => {
  const lock = create()
  const steps: string[] = []
  const work = (name: string) => async () => {
    steps.push(`${name} begins`)
    await Promise.resolve()
    steps.push(`${name} ends`)
    if (name === 'first') throw new Error(name)
    return name
  }
  const first = lock(work('first'))
  const second = lock(work('second'))
  await expect(first).rejects.toThrow('first')
  expect(await second).toBe('second')
  expect(steps).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
})
