import { isJsonObject, setOwn } from '@supergraph/runtime/json-object.ts'
import type { Entity } from './run.ts'

/** Merges what came into what is there, in place: objects and lists of equal length part by part, anything else replaces. */
export const merge = (target: Entity, source: Entity): void => {
  for (const key in source) {
    const value = source[key]
    if (value === undefined) continue
    const existing = key === '__proto__' && !Object.hasOwn(target, key) ? undefined : target[key]
    if (typeof value !== 'object' || value === null || typeof existing !== 'object' || existing === null)
      setOwn(target, key, value)
    else if (Array.isArray(value)) {
      if (Array.isArray(existing) && existing.length === value.length) mergeLists(existing, value)
      else setOwn(target, key, value)
    } else if (existing !== value && isJsonObject(existing) && isJsonObject(value)) merge(existing, value)
    else setOwn(target, key, value)
  }
}

const mergeLists = (target: unknown[], source: readonly unknown[]): void => {
  for (const [index, value] of source.entries()) {
    const existing = target[index]
    if (isJsonObject(existing) && isJsonObject(value)) {
      if (existing !== value) merge(existing, value)
    } else if (Array.isArray(existing) && Array.isArray(value) && existing.length === value.length)
      mergeLists(existing, value)
    else target[index] = value
  }
}
