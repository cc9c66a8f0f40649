import { expect, it, onTestFinished, vi } from 'vitest'
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

it('does the work once where the platform refuses its locks, as in a sandbox, and fails only with the work', async () => {
  const refuse = () => Promise.reject(new DOMException('Access denied.', 'SecurityError'))
  vi.stubGlobal('navigator', { locks: { request: refuse } })
  onTestFinished(() => void vi.unstubAllGlobals())
  const lock = createLock('lock.test.ts')
  const work = vi.fn(async () => 'done')
  expect(await lock(work)).toBe('done')
  expect(work).toHaveBeenCalledOnce()
  await expect(lock(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
})

it('does failing work once', async () => {
  const work = vi.fn(() => Promise.reject(new Error('no')))
  await expect(createLock('lock.test.ts')(work)).rejects.toThrow('no')
  expect(work).toHaveBeenCalledOnce()
})
