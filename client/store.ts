import { createLeaseLock } from './lease.ts'
import type { Lock } from './lock.ts'

/** Keeps one value between page loads; `set(undefined)` removes it. */
export type Store<Value> = {
  readonly get: () => Value | undefined | Promise<Value | undefined>
  readonly set: (value: Value | undefined) => void | Promise<void>
  /** Runs work one at a time in all pages that share the value, where the platform has no lock for that. */
  readonly lock?: Lock
  /** Calls `listener` when another page may have changed the value, until the returned function is called. */
  readonly onChanged?: (listener: () => void) => () => void
}

/** What `localStorage` and `sessionStorage` are. */
export type WebStorage = {
  readonly getItem: (key: string) => string | null
  readonly setItem: (key: string, value: string) => void
  readonly removeItem: (key: string) => void
}

/** Keeps a value for as long as the page lives. */
export const createMemoryStore = <Value>(first?: Value): Store<Value> => {
  let kept = first
  return {
    get: () => kept,
    set: value => {
      kept = value
    },
  }
}

/**
 * Keeps a value as JSON under `key`; what can't be read there counts as nothing. If the storage is full or denied, the value is
 * kept for as long as the page lives. n.b. give `() => localStorage` where reading `localStorage` itself may throw.
 */
export const createWebStore = <Value>(
  storage: WebStorage | (() => WebStorage),
  key: string,
): Store<Value> => ({
  ...createItem<Value>(storage, key),
  lock: createLeaseLock(createItem(storage, `${key}.lock`)),
  onChanged: listener => {
    const hear = (event: unknown): void => {
      if (mayConcern(event, key)) listener()
    }
    const page = pageEvents()
    for (const type of pageEventTypes) page?.addEventListener(type, hear)
    return () => {
      for (const type of pageEventTypes) page?.removeEventListener(type, hear)
    }
  },
})

const createItem = <Value>(storage: WebStorage | (() => WebStorage), key: string) => {
  const open = (): WebStorage => (typeof storage === 'function' ? storage() : storage)
  let unsaved: Value | undefined
  return {
    get: (): Value | undefined => {
      try {
        return JSON.parse(open().getItem(key) ?? 'null') ?? unsaved
      } catch {
        return unsaved
      }
    },
    set: (value: Value | undefined): void => {
      unsaved = undefined
      try {
        if (value === undefined) open().removeItem(key)
        else open().setItem(key, JSON.stringify(value))
      } catch {
        unsaved = value
        // n.b. an older value must not come back: a refresh token that is used twice ends its session
        removeIfPossible(open, key)
      }
    },
  }
}

const removeIfPossible = (open: () => WebStorage, key: string): void => {
  try {
    open().removeItem(key)
  } catch {
    // n.b. a storage that is denied holds nothing
  }
}

// n.b. a page that was frozen, or that is shown again by the back button, has heard no `storage` event
const pageEventTypes = ['storage', 'pageshow', 'visibilitychange'] as const

type PageEvents = {
  readonly addEventListener: (type: string, listener: (event: unknown) => void) => void
  readonly removeEventListener: (type: string, listener: (event: unknown) => void) => void
}

const pageEvents = (): PageEvents | undefined => {
  const scope: object = globalThis
  return isPage(scope) ? scope : undefined
}

const isPage = (scope: object): scope is PageEvents =>
  'addEventListener' in scope && typeof scope.addEventListener === 'function'

/** Whether an event may tell of a change of this key; the `storage` event of a storage that was emptied names no key. */
const mayConcern = (event: unknown, key: string): boolean =>
  typeof event !== 'object' || event === null || !('key' in event) || event.key === null || event.key === key
