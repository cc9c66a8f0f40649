import { maxErrors } from '@supergraph/runtime/answer-errors.ts'
import { entitiesAt, placesAt } from './paths.ts'
import type { Represent } from './representations.ts'
import type { Entity, Place, PlanPath, PlanRun } from './run.ts'

/** The objects of an answer that a subgraph is to complete: each entity is asked for once, however often it is there. */
export type Requested = {
  /** The entities as JSON texts, no two of them equal. */
  readonly representations: readonly string[]
  /** The objects that each of them stands for. */
  readonly targets: readonly (readonly Entity[])[]
  /** How many objects there are in all. */
  readonly count: number
  /** The places of the objects that one of them stands for, as many as an answer lists errors at most. */
  readonly placesOf: (index: number) => readonly Place[]
}

/** Finds the entities at a path; undefined if there are none. */
export const requestEntities = (
  { data }: Pick<PlanRun, 'data'>,
  path: PlanPath,
  represent: Represent,
): Requested | undefined => {
  const indexes = new Map<unknown, number>()
  const representations: string[] = []
  const targets: Entity[][] = []
  const indexOf: number[] = []
  const { keyOf } = represent
  for (const entity of entitiesAt(data, path)) {
    const text = represent(entity)
    if (text === undefined) {
      indexOf.push(-1)
      continue
    }
    // n.b. V8 knows the hash of a short text that it parsed, and joins and hashes any other one first
    const key = keyOf === undefined ? text : keyOf(entity)
    const known = indexes.get(key)
    if (known !== undefined) {
      targets[known]?.push(entity)
      indexOf.push(known)
      continue
    }
    const index = representations.length
    indexes.set(key, index)
    indexOf.push(index)
    representations.push(text)
    targets.push([entity])
  }
  if (representations.length === 0) return undefined
  return {
    representations,
    targets,
    count: indexOf.length,
    placesOf: remembered(() => Map.groupBy(placesAt(data, path), (_, place) => indexOf[place])),
  }
}

/** n.b. the places are only found if an error has to tell them, and then once: there may be thousands of errors. */
const remembered = (
  group: () => ReadonlyMap<number | undefined, readonly Place[]>,
): Requested['placesOf'] => {
  let places: ReadonlyMap<number | undefined, readonly Place[]> | undefined
  return index => {
    places ??= group()
    return (places.get(index) ?? []).slice(0, maxErrors)
  }
}
