import type { GraphQLError, ResponsePath } from 'graphql'

/** The errors of one execution; one about a place that is null already because of another error is left out. */
export type CollectedErrors = ReturnType<typeof createCollectedErrors>

export const createCollectedErrors = () => {
  const list: GraphQLError[] = []
  const places = new Set<ResponsePath | undefined>()

  const isNull = (place: ResponsePath | undefined): boolean => {
    for (let at = place; at !== undefined; at = at.prev) if (places.has(at)) return true
    return places.has(undefined)
  }

  return {
    list: list as readonly GraphQLError[],
    add: (error: GraphQLError, place: ResponsePath | undefined): void => {
      if (isNull(place)) return
      places.add(place)
      list.push(error)
    },
  }
}
