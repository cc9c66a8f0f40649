import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createClientQueue } from './client-queue.ts'
import { createLargeRequests } from './large-requests.ts'

it('lets large requests take turns with everything else, and small ones begin at once', async () => {
  let nowMs = 0
  const checkLarge = createLargeRequests(createClientQueue(() => nowMs))
  const begun: string[] = []
  const begin = async (name: string, bytes: number) => {
    await checkLarge(Buffer.alloc(bytes), '192.0.2.1')
    nowMs += 5
    begun.push(name)
  }
  const all = ['a', 'b', 'c'].map(name => begin(name, 100_000))
  await begin('small', 1_000)
  expect(begun.toSorted()).toEqual(['a', 'small'])
  await setImmediate()
  begun.push('page')
  await Promise.all(all)
  expect(begun.indexOf('page')).toBeLessThan(begun.indexOf('c'))
})
