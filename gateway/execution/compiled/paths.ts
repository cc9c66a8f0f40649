import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import type { Entity, Place, PlanPath } from './run.ts'

const element = '@'

/** All objects at a path; places where there is none are left out. */
export const entitiesAt = (data: unknown, path: PlanPath): readonly Entity[] => {
  const found: Entity[] = []
  collect(data, path, 0, found)
  return found
}

const collect = (data: unknown, path: PlanPath, depth: number, found: Entity[]): void => {
  let value = data
  for (let index = depth; index < path.length; index += 1) {
    if (Array.isArray(value)) {
      const next = path[index] === element ? index + 1 : index
      for (const each of value) collect(each, path, next, found)
      return
    }
    const key = path[index]
    if (!isJsonObject(value) || key === undefined || key === element) return
    value = own(value, key)
  }
  if (Array.isArray(value)) for (const each of value) collect(each, path, path.length, found)
  else if (isJsonObject(value)) found.push(value)
}

/** The places of the objects at a path, in the order of `entitiesAt`. */
export const placesAt = (data: unknown, path: PlanPath): readonly Place[] => {
  const found: Place[] = []
  locate(data, path, [], found)
  return found
}

const locate = (value: unknown, path: PlanPath, place: Place, found: Place[]): void => {
  const [key, ...rest] = path
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries())
      locate(each, key === element ? rest : path, [...place, index], found)
  } else if (isJsonObject(value)) {
    if (key === undefined) found.push(place)
    else if (key !== element) locate(own(value, key), rest, [...place, key], found)
  }
}

/** n.b. a client may name a field `constructor` or `__proto__`, which objects have by nature. */
const own = (entity: Entity, key: string): unknown => (Object.hasOwn(entity, key) ? entity[key] : undefined)
