import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CallNotMade, createGuard, OutcomeUnknown } from './remote-calls.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const bounds = { service: 'The bank', timeoutMs: 4_000, maxInFlight: 2, maxQueued: 1 }
const answers = async () => 'done'
const never = () => new Promise<string>(() => {})
const fails = async (): Promise<string> => {
  throw new OutcomeUnknown('no answer')
}

const failInARow = async (guard: ReturnType<typeof createGuard>, times: number) => {
  for (const _ of Array.from({ length: times })) await expect(guard.call(fails)).rejects.toThrow('no answer')
}

describe('a call', () => {
  it('gives the answer, and hands on what was thrown', async () => {
    const guard = createGuard(bounds)
    expect(await guard.call(answers)).toBe('done')
    const refused = new Error('declined')
    await expect(guard.call(() => Promise.reject(refused))).rejects.toBe(refused)
  })

  it('that takes too long has an unknown outcome, and is aborted', async () => {
    const guard = createGuard(bounds)
    const seen: AbortSignal[] = []
    const outcome = guard.call(({ signal }) => {
      seen.push(signal)
      return never()
    })
    const checked = expect(outcome).rejects.toThrow(
      new OutcomeUnknown('The bank gave no answer within 4000 ms.'),
    )
    await vi.advanceTimersByTimeAsync(3_999)
    expect(seen[0]?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await checked
    expect(seen[0]?.aborted).toBe(true)
  })

  it.each([
    [1_500, 1_500],
    [60_000, 4_000],
  ])('gets what the deadline leaves, and never more than its own time: %d ms leave %d', async (leftMs, givenMs) => {
    const guard = createGuard(bounds)
    const given = guard.call(async ({ timeoutMs }) => timeoutMs, { deadlineAtMs: Date.now() + leftMs })
    expect(await given).toBe(givenMs)
  })

  it('is not made past its deadline', async () => {
    const send = vi.fn(answers)
    const late = createGuard(bounds).call(send, { deadlineAtMs: Date.now() })
    await expect(late).rejects.toBeInstanceOf(CallNotMade)
    expect(send).not.toHaveBeenCalled()
  })
})

describe('the queue', () => {
  it('lets only so many wait; the next one is not made', async () => {
    const guard = createGuard(bounds)
    const { promise: answered, resolve } = Promise.withResolvers<string>()
    const calls = Array.from({ length: 3 }, () => guard.call(() => answered))
    expect(guard.isAvailable()).toBe(false)
    await expect(guard.call(answers)).rejects.toThrow(
      new CallNotMade('The bank was not asked: too many calls wait for their turn.'),
    )
    resolve('done')
    expect(await Promise.all(calls)).toEqual(['done', 'done', 'done'])
    expect(guard.isAvailable()).toBe(true)
  })

  it('gives up a call whose turn does not come before its deadline, at that moment, and never makes it', async () => {
    const guard = createGuard(bounds)
    const busy = Array.from({ length: 2 }, () => guard.call(never).catch(() => 'over'))
    const send = vi.fn(answers)
    const waiting = guard.call(send, { deadlineAtMs: Date.now() + 500 })
    const checked = expect(waiting).rejects.toBeInstanceOf(CallNotMade)
    await vi.advanceTimersByTimeAsync(500)
    await checked
    await vi.advanceTimersByTimeAsync(3_500)
    expect(await Promise.all(busy)).toEqual(['over', 'over'])
    expect(send).not.toHaveBeenCalled()
    expect(await guard.call(answers)).toBe('done')
  })
})

describe('the breaker', () => {
  it('opens after five failures in a row, and nothing is sent for a second', async () => {
    const guard = createGuard(bounds)
    await failInARow(guard, 4)
    expect(guard.isAvailable()).toBe(true)
    await failInARow(guard, 1)
    expect(guard.isAvailable()).toBe(false)
    const send = vi.fn(answers)
    await expect(guard.call(send)).rejects.toBeInstanceOf(CallNotMade)
    expect(send).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(guard.isAvailable()).toBe(true)
    expect(await guard.call(send)).toBe('done')
    expect(guard.isAvailable()).toBe(true)
  })

  it('counts failures in a row alone, calls that were not made and timeouts among them, and refusals not', async () => {
    const guard = createGuard(bounds)
    await failInARow(guard, 4)
    await guard.call(answers)
    await failInARow(guard, 3)
    for (const _ of Array.from({ length: 5 })) {
      await expect(guard.call(() => Promise.reject(new Error('declined')))).rejects.toThrow('declined')
    }
    expect(guard.isAvailable()).toBe(true)
    await expect(guard.call(() => Promise.reject(new CallNotMade('refused')))).rejects.toThrow('refused')
    expect(guard.isAvailable()).toBe(true)
    const hanging = expect(guard.call(never)).rejects.toBeInstanceOf(OutcomeUnknown)
    await vi.advanceTimersByTimeAsync(4_000)
    await hanging
    expect(guard.isAvailable()).toBe(false)
  })

  const failInHaste = async (guard: ReturnType<typeof createGuard>) => {
    const outcome = guard.call(never, { deadlineAtMs: Date.now() + 10 })
    const checked = expect(outcome).rejects.toThrow(
      new OutcomeUnknown('The bank gave no answer within 10 ms.'),
    )
    await vi.advanceTimersByTimeAsync(10)
    await checked
  }

  it('does not count a call that its caller left too little time', async () => {
    const guard = createGuard(bounds)
    for (const _ of Array.from({ length: 10 })) await failInHaste(guard)
    expect(guard.isAvailable()).toBe(true)
    await failInARow(guard, 5)
    expect(guard.isAvailable()).toBe(false)
  })

  it('does not take such a call for a sign that the service is back', async () => {
    const guard = createGuard(bounds)
    await failInARow(guard, 5)
    await vi.advanceTimersByTimeAsync(1_000)
    await failInHaste(guard)
    expect(guard.isAvailable()).toBe(false)
  })

  it('lets one call through after a second, and the others not until it has ended', async () => {
    const guard = createGuard(bounds)
    await failInARow(guard, 5)
    await vi.advanceTimersByTimeAsync(1_000)
    const { promise: answered, resolve } = Promise.withResolvers<string>()
    const first = guard.call(() => answered)
    expect(guard.isAvailable()).toBe(false)
    await expect(guard.call(answers)).rejects.toBeInstanceOf(CallNotMade)
    resolve('done')
    expect(await first).toBe('done')
    expect(await guard.call(answers)).toBe('done')
  })

  it('stays open if the trial call fails too', async () => {
    const guard = createGuard(bounds)
    await failInARow(guard, 5)
    await vi.advanceTimersByTimeAsync(1_000)
    await failInARow(guard, 1)
    expect(guard.isAvailable()).toBe(false)
  })
})
