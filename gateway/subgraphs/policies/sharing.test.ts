import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { createChanges } from '../changes.ts'
import { createSharing } from './sharing.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
})

const document = { query: '{ orders }', operationName: undefined, isMutation: false, head: '' }
const read = { document, identity: 'a token', variables: '{}' }

const setUp = () => {
  const changes = createChanges()
  const sharing = createSharing<{ readonly startedAtMs: number; isWaitedFor: boolean }>(100, changes)
  const call = { startedAtMs: Date.now(), isWaitedFor: true }
  sharing.add(read, call)
  return { changes, sharing, call }
}

it('finds a read under way for a while after it began', () => {
  const { sharing, call } = setUp()
  vi.setSystemTime(Date.now() + 100)
  expect(sharing.find({ ...read })).toBe(call)
  vi.setSystemTime(Date.now() + 1)
  expect(sharing.find(read)).toBeUndefined()
})

it('finds none that differs in its document, its identity or its variables', () => {
  const { sharing } = setUp()
  for (const other of [{ document: { ...document } }, { identity: 'another' }, { variables: '{"a":1}' }])
    expect(sharing.find({ ...read, ...other })).toBeUndefined()
})

it('finds none that began before a change, that is given up, or that has ended', () => {
  const { changes, sharing, call } = setUp()
  call.isWaitedFor = false
  expect(sharing.find(read)).toBeUndefined()
  call.isWaitedFor = true
  changes.happened()
  expect(sharing.find(read)).toBeUndefined()
  const next = { startedAtMs: Date.now(), isWaitedFor: true }
  sharing.add(read, next)
  sharing.remove(read, call)
  expect(sharing.find(read)).toBe(next)
  sharing.remove(read, next)
  expect(sharing.find(read)).toBeUndefined()
})
