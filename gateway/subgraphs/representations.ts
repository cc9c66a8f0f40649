import { maxErrors } from '@supergraph/runtime/answer-errors.ts'
import {
  firstOfEach,
  type Places,
  placesOfEqual,
  spreadOver,
} from '@supergraph/subgraph/equal-representations.ts'
import type { SubgraphAnswer } from './answer.ts'

type Variables = Readonly<Record<string, unknown>>

/** A request for entities that asks for each once; `spread` gives an answer each entity at every place where it was asked for. */
export type Distinct = {
  readonly variables: Variables
  /** How many places there are for each entity, on average. */
  readonly placesPerEntity: number
  readonly spread: (answer: SubgraphAnswer) => SubgraphAnswer
}

/** Asks for equal representations once; undefined if no two of them are equal. */
export const distinctRepresentations = (variables: Variables = {}): Distinct | undefined => {
  const { representations } = variables
  if (!Array.isArray(representations)) return undefined
  const places = placesOfEqual(representations)
  if (places === undefined) return undefined
  return {
    variables: { ...variables, representations: firstOfEach(representations, places) },
    placesPerEntity: representations.length / places.length,
    spread: ({ data, errors }) => ({
      data: data && spreadData(data, places),
      ...(errors && { errors: errors.flatMap(error => spreadError(error, places)) }),
    }),
  }
}

/** n.b. the places share one object: the executor merges only equal data into it. */
const spreadData = (data: Record<string, unknown>, places: Places): Record<string, unknown> => {
  const { _entities: entities } = data
  if (!Array.isArray(entities) || entities.length !== places.length) return data
  return { ...data, _entities: spreadOver(entities, places) }
}

const spreadError = <E extends { readonly path?: readonly (string | number)[] | undefined }>(
  error: E,
  places: Places,
): readonly E[] => {
  const [root, index, ...rest] = error.path ?? []
  const itsPlaces = root === '_entities' && typeof index === 'number' ? places[index] : undefined
  // n.b. an answer lists no more errors than that
  return (
    itsPlaces?.slice(0, maxErrors).map(place => ({ ...error, path: [root ?? '', place, ...rest] })) ?? [error]
  )
}
