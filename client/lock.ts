/** Runs work one at a time. */
export type Lock = <Result>(work: () => Promise<Result>) => Promise<Result>

/** A lock that all tabs of an origin share by its name; where the platform has none, `otherwise`. */
export const createLock = (name: string, otherwise: Lock = createLocalLock()): Lock => {
  const scope: object = globalThis
  const navigator = 'navigator' in scope ? scope.navigator : undefined
  return hasLocks(navigator) ? createNavigatorLock(navigator.locks, name, otherwise) : otherwise
}

// n.b. a page in a sandbox has locks that refuse
const createNavigatorLock =
  (locks: LockManager, name: string, otherwise: Lock): Lock =>
  work => {
    let hasBegun = false
    const begin = () => {
      hasBegun = true
      return work()
    }
    return locks.request(name, begin).catch((error: unknown) => {
      if (hasBegun) throw error
      return otherwise(work)
    })
  }

/** A lock of this process. */
export const createLocalLock = (): Lock => {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
}

type LockManager = {
  readonly request: <Result>(name: string, work: () => Promise<Result>) => Promise<Result>
}

// n.b. a page that did not come over https has a navigator without locks
const hasLocks = (navigator: unknown): navigator is { readonly locks: LockManager } =>
  typeof navigator === 'object' && navigator !== null && 'locks' in navigator && navigator.locks !== undefined
