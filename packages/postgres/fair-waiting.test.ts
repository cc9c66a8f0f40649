import { runFor } from '@supergraph/runtime/caller.ts'
import { expect, it } from 'vitest'
import { FairWaiting } from './fair-waiting.ts'

const caller = (user?: string) => ({ deadlineAtMs: Number.POSITIVE_INFINITY, gone: { aborted: false }, user })

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

it('gives all requests of one user a turn together', () => {
  const { wait, waiting, names } = setUp()
  for (const name of ['a1', 'a2', 'a3']) runFor(caller('ada'), () => wait(name))
  for (const name of ['b1', 'b2']) runFor(caller('grace'), () => wait(name))
  for (const name of ['c', 'd']) runFor(caller(), () => wait(name))
  expect(names()).toEqual(['a1', 'b1', 'c', 'd', 'a2', 'b2', 'a3'])
  waiting.shift()
  runFor(caller('ada'), () => wait('a4'))
  expect(names()).toEqual(['b1', 'c', 'd', 'a2', 'b2', 'a3', 'a4'])
})

it('takes what waits for no caller as it comes', () => {
  const { wait, names } = setUp()
  wait('x')
  wait('y')
  runFor(caller(), () => ['a1', 'a2'].forEach(wait))
  wait('z')
  expect(names()).toEqual(['x', 'y', 'a1', 'z', 'a2'])
})
