import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { NobodyWaits, runFor, stopWhenNobodyWaits, throwIfNobodyWaits } from './caller.ts'

const soonMs = 10_000
const callerWith = ({ deadlineAtMs = Date.now() + soonMs, gone = new AbortController().signal } = {}) => ({
  deadlineAtMs,
  gone,
})

describe('work whose caller has stopped waiting', () => {
  it.each([
    ['whose deadline has passed', callerWith({ deadlineAtMs: Date.now() - 1 })],
    ['who has gone', callerWith({ gone: AbortSignal.abort() })],
  ])('ends if it only reads, for a caller %s', async (_, caller) => {
    await runFor(caller, async () => {
      expect(throwIfNobodyWaits).not.toThrow()
      stopWhenNobodyWaits()
      await pause(1)
      expect(throwIfNobodyWaits).toThrow(NobodyWaits)
    })
  })

  it('goes on if somebody waits, if there is no deadline, and if there is no caller', () => {
    for (const caller of [callerWith(), callerWith({ deadlineAtMs: Number.POSITIVE_INFINITY })])
      runFor(caller, () => {
        stopWhenNobodyWaits()
        expect(throwIfNobodyWaits).not.toThrow()
      })
    stopWhenNobodyWaits()
    expect(throwIfNobodyWaits).not.toThrow()
  })

  it('is told from the work of other callers at the same time', async () => {
    const gone = new AbortController()
    const read = (caller: Parameters<typeof runFor>[0]) =>
      runFor(caller, async () => {
        stopWhenNobodyWaits()
        await pause(5)
        throwIfNobodyWaits()
        return 'read'
      })
    const reads = Promise.allSettled([read(callerWith({ gone: gone.signal })), read(callerWith())])
    gone.abort()
    expect(await reads).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: 'read' }])
  })
})
