import { runFor } from '@supergraph/runtime/caller.ts'
import { expect, it } from 'vitest'
import { FairWaiting } from './fair-waiting.ts'

const caller = () => ({ deadlineAtMs: Number.POSITIVE_INFINITY, gone: { aborted: false } })

const setUp = () => {
  const waiting = new FairWaiting<{ readonly name: string }>()
  const wait = (name: string) => waiting.push({ name })
  return { wait, waiting, names: () => waiting.map(({ name }) => name) }
}

it('lets callers take turns, and keeps the order of each', () => {
  const { wait, waiting, names } = setUp()
  runFor(caller(), () => ['a1', 'a2', 'a3'].forEach(wait))
  runFor(caller(), () => ['b1', 'b2'].forEach(wait))
  expect(names()).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'])
  expect(waiting.shift()).toEqual({ name: 'a1' })
  runFor(caller(), () => wait('c1'))
  expect(names()).toEqual(['b1', 'c1', 'a2', 'b2', 'a3'])
})

it('lets nobody be overtaken without end', () => {
  const { wait, waiting, names } = setUp()
  runFor(caller(), () => ['a1', 'a2', 'a3'].forEach(wait))
  for (const name of ['b', 'c', 'd', 'e']) {
    runFor(caller(), () => wait(name))
    waiting.shift()
  }
  expect(names()).toEqual(['a2', 'e', 'a3'])
})

it('takes what waits for no caller as it comes', () => {
  const { wait, names } = setUp()
  wait('x')
  wait('y')
  runFor(caller(), () => ['a1', 'a2'].forEach(wait))
  wait('z')
  expect(names()).toEqual(['x', 'y', 'a1', 'z', 'a2'])
})
