import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLeaseLock, type Lease, type LeaseStore } from './lease.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** n.b. vitest's own function for this waits for real time at each timer. */
const runAllTimers = async (): Promise<void> => {
  for (let settled = 0; settled < 3; settled = vi.getTimerCount() === 0 ? settled + 1 : 0) {
    vi.advanceTimersToNextTimer()
    for (let count = 0; count < 20; count += 1) await Promise.resolve()
  }
}

/** One storage as several processes of a browser see it: the others see what one has written after a while. */
const createStorage = (delayMs: () => number) => {
  const views: { lease: Lease | undefined; written: number }[] = []
  let writes = 0
  return {
    open: (): LeaseStore => {
      const view: { lease: Lease | undefined; written: number } = { lease: views[0]?.lease, written: 0 }
      views.push(view)
      return {
        get: () => view.lease,
        set: lease => {
          writes += 1
          const written = writes
          const show = (other: typeof view) => {
            if (other.written > written) return
            other.written = written
            other.lease = lease
          }
          show(view)
          for (const other of views) if (other !== view) setTimeout(() => show(other), delayMs())
        },
      }
    },
  }
}

it('lets one tab in at a time, whatever the tabs do when and however long their storage takes', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 6 })
  const delays = fc.infiniteStream(fc.integer({ min: 0, max: 20 }))
  await fc.assert(
    fc.asyncProperty(times, delays, fc.integer({ min: 0, max: 400 }), async (startsMs, delaysMs, workMs) => {
      const storage = createStorage(() => delaysMs.next().value ?? 0)
      let inside = 0
      let most = 0
      const runs = startsMs.map(async startMs => {
        const lock = createLeaseLock(storage.open())
        await pause(startMs)
        await lock(async () => {
          inside += 1
          most = Math.max(most, inside)
          await pause(workMs)
          inside -= 1
        })
      })
      await runAllTimers()
      await Promise.all(runs)
      expect(most).toBe(1)
    }),
    { numRuns: 500 },
  )
})

const run = async (lock: ReturnType<typeof createLeaseLock>) => {
  const startedAtMs = Date.now()
  let waitedMs: number | undefined
  const running = lock(async () => {
    waitedMs = Date.now() - startedAtMs
  })
  await vi.advanceTimersByTimeAsync(60_000)
  await running
  return waitedMs ?? Number.NaN
}

const createStore = (lease?: Lease): LeaseStore & { readonly kept: () => Lease | undefined } => {
  let kept = lease
  return {
    get: () => kept,
    set: next => {
      kept = next
    },
    kept: () => kept,
  }
}

it('waits for at most 5 s for a tab that was killed', async () => {
  const waitedMs = await run(createLeaseLock(createStore({ holder: 'killed', untilMs: Date.now() + 5_000 })))
  expect(waitedMs).toBeGreaterThan(4_900)
  expect(waitedMs).toBeLessThan(5_300)
})

it.each([
  ['of a clock that was set back since', { holder: 'dead', untilMs: Date.now() + 3_600_000 }],
  ['that has ended', { holder: 'dead', untilMs: 1 }],
  ['without an end', { holder: 'dead', untilMs: Number.NaN }],
])('does not wait for a lease %s', async (_, lease) => {
  expect(await run(createLeaseLock(createStore(lease)))).toBeLessThan(200)
})

it('gives the lock back after work that fails', async () => {
  const store = createStore()
  const failing = createLeaseLock(store)(async () => {
    throw new Error('no')
  })
  const failed = expect(failing).rejects.toThrow('no')
  await vi.advanceTimersByTimeAsync(1_000)
  await failed
  expect(store.kept()).toBeUndefined()
})

it('does not take away the lock that another tab got while this one was frozen', async () => {
  const store = createStore()
  const other = { holder: 'other', untilMs: Date.now() + 90_000 }
  const working = createLeaseLock(store)(async () => store.set(other))
  await vi.advanceTimersByTimeAsync(1_000)
  await working
  expect(store.kept()).toEqual(other)
})

it('wants the lock again if it was frozen between asking and getting', async () => {
  const store = createStore()
  let isIn = false
  const working = createLeaseLock(store)(async () => {
    isIn = true
  })
  await vi.advanceTimersByTimeAsync(10)
  store.set({ holder: 'other', untilMs: Date.now() + 3_000 })
  await vi.advanceTimersByTimeAsync(2_500)
  expect(isIn).toBe(false)
  await vi.advanceTimersByTimeAsync(2_000)
  await working
  expect(isIn).toBe(true)
})
