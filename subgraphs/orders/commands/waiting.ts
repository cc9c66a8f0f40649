import { setTimeout as pause } from 'node:timers/promises'
import { remainingMs, within } from '@supergraph/runtime/deadline.ts'

/** What is left of a caller's deadline for the answer's way back. */
const wayBackMs = 500
const pollMs = 100

const deadlineWithin = (longestMs: number) => (callerDeadlineAtMs: number) =>
  Math.min(Date.now() + longestMs, callerDeadlineAtMs - wayBackMs)

/** Until when a caller with this deadline waits for the outcome of a command. */
export const outcomeDeadline = deadlineWithin(3_000)

/** Until when a caller with this deadline waits for a turn. */
export const queueDeadline = deadlineWithin(10_000)

/** The outcome of the work, or undefined if the work takes longer than the deadline; the work goes on. */
export const outcomeBy = <T>(deadlineAtMs: number, work: Promise<T>): Promise<T | undefined> =>
  within(remainingMs(deadlineAtMs), work, () => undefined)

/** Reads until the value is settled or the deadline has passed, and returns what was read last. */
export const readUntil = async <T>(
  deadlineAtMs: number,
  read: () => Promise<T>,
  isSettled: (value: T) => boolean,
): Promise<T> => {
  for (;;) {
    const value = await read()
    const leftMs = remainingMs(deadlineAtMs)
    if (leftMs === 0 || isSettled(value)) return value
    await pause(Math.min(pollMs, leftMs))
  }
}
