import { type Entity, isEntity } from './run.ts'

/** Merges what came into what is there, in place: objects and lists of equal length part by part, anything else replaces. */
export const merge = (target: Entity, source: Entity): void => {
  for (const key in source) {
    const value = source[key]
    if (value === undefined) continue
    const existing = key === '__proto__' && !Object.hasOwn(target, key) ? undefined : target[key]
    if (typeof value !== 'object' || value === null || typeof existing !== 'object' || existing === null)
      put(target, key, value)
    else if (Array.isArray(value)) {
      if (Array.isArray(existing) && existing.length === value.length) mergeLists(existing, value)
      else put(target, key, value)
    } else if (existing !== value && isEntity(existing) && isEntity(value)) merge(existing, value)
    else put(target, key, value)
  }
}

const mergeLists = (target: unknown[], source: readonly unknown[]): void => {
  for (const [index, value] of source.entries()) {
    const existing = target[index]
    if (isEntity(existing) && isEntity(value)) {
      if (existing !== value) merge(existing, value)
    } else if (Array.isArray(existing) && Array.isArray(value) && existing.length === value.length)
      mergeLists(existing, value)
    else target[index] = value
  }
}

/** Sets a key of an answer. n.b. to set `__proto__` would change what the object is. */
export const put = (target: Entity, key: string, value: unknown): void => {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}
