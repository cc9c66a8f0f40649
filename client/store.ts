/** Keeps one value between page loads; `set(undefined)` removes it. */
export type Store<Value> = {
  readonly get: () => Value | undefined | Promise<Value | undefined>
  readonly set: (value: Value | undefined) => void | Promise<void>
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

/** Keeps a value as JSON under `key`; what can't be read there counts as nothing. */
export const createWebStore = <Value>(storage: WebStorage, key: string): Store<Value> => ({
  get: () => {
    try {
      return JSON.parse(storage.getItem(key) ?? 'null') ?? undefined
    } catch {
      return undefined
    }
  },
  set: value => (value === undefined ? storage.removeItem(key) : storage.setItem(key, JSON.stringify(value))),
})
