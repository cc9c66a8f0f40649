import { createLocalLock, type Lock } from './lock.ts'
import { randomKey } from './random-key.ts'

const leaseMs = 5_000
// n.b. more than twice the time until one process of the browser sees what another one has stored
const settleMs = 50
const lookAgainMs = 50

/** Who holds a lock, and until when by the clock of the device. */
export type Lease = { readonly holder: string; readonly untilMs: number }

/** Where the tabs of an origin see each other's lease. */
export type LeaseStore = {
  readonly get: () => Lease | undefined
  readonly set: (lease: Lease | undefined) => void
}

/**
 * A lock for pages without `navigator.locks`: who wants it writes a lease, waits a moment that differs from tab to tab, and
 * has the lock if the lease still is its own. A tab that was killed keeps the others waiting for 5 s at most. n.b. work of
 * more than 5 s, or a frozen tab, may overlap with the next: what runs under this lock must bear that.
 */
export const createLeaseLock = (store: LeaseStore): Lock => {
  const local = createLocalLock()

  const acquire = async (): Promise<string> => {
    const holder = randomKey()
    for (;;) {
      if (isFree(store.get())) {
        store.set(leaseOf(holder))
        await jitter(settleMs)
        if (store.get()?.holder === holder) {
          store.set(leaseOf(holder))
          return holder
        }
      } else {
        await jitter(lookAgainMs)
      }
    }
  }

  return work =>
    local(async () => {
      const holder = await acquire()
      try {
        return await work()
      } finally {
        if (store.get()?.holder === holder) store.set(undefined)
      }
    })
}

const leaseOf = (holder: string): Lease => ({ holder, untilMs: Date.now() + leaseMs })

// n.b. a lease that ends too late was written before the clock was set back
const isFree = (lease: Lease | undefined): boolean => {
  if (lease === undefined) return true
  const leftMs = lease.untilMs - Date.now()
  return !(leftMs > 0 && leftMs <= leaseMs)
}

const jitter = (ms: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, ms * (1 + Math.random())))
