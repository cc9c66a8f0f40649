/** For each of the representations that differ, the places in the list at which it stands. */
export type Places = readonly (readonly number[])[]

/** Finds equal representations, in the order in which each first comes; undefined if no two are equal. */
export const placesOfEqual = (representations: readonly unknown[]): Places | undefined => {
  const places = [
    ...Map.groupBy(representations.keys(), place => JSON.stringify(representations[place])).values(),
  ]
  return places.length === representations.length ? undefined : places
}

/** One of each of the representations that differ. */
export const firstOfEach = (representations: readonly unknown[], places: Places): readonly unknown[] =>
  places.map(([first = 0]) => representations[first])

/** Puts each entity at all of its places. */
export const spreadOver = (entities: readonly unknown[], places: Places): readonly unknown[] => {
  const spread: unknown[] = []
  for (const [index, itsPlaces] of places.entries())
    for (const place of itsPlaces) spread[place] = entities[index]
  return spread
}
