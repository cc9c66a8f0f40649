import DataLoader from 'dataloader'

/** A loader of one thing per key, null if there is none; all keys that are asked for in one tick become one `load`. */
export const createLoader = <V>(
  load: (keys: readonly string[]) => Promise<readonly V[]>,
  keyOf: (value: V) => string,
) =>
  new DataLoader<string, V | null>(async keys => {
    const byKey = new Map((await load(keys)).map(value => [keyOf(value), value]))
    return keys.map(key => byKey.get(key) ?? null)
  })

/** A loader of a list per key, in the order in which `load` gives the values. */
export const createListLoader = <V>(
  load: (keys: readonly string[]) => Promise<readonly V[]>,
  keyOf: (value: V) => string,
) =>
  new DataLoader<string, readonly V[]>(async keys => {
    const byKey = Map.groupBy(await load(keys), keyOf)
    return keys.map(key => byKey.get(key) ?? [])
  })

/** Loads a field that has arguments: parents that ask with equal arguments share one `load`. */
export const createFieldLoader = <A, V>(
  load: (args: A, keys: readonly string[]) => Promise<readonly V[]>,
  keyOf: (value: V) => string,
) => {
  const loaders = new Map<string, DataLoader<string, readonly V[]>>()
  return {
    load: (args: A, key: string): Promise<readonly V[]> => {
      const id = JSON.stringify(args)
      const known = loaders.get(id)
      if (known !== undefined) return known.load(key)
      const loader = createListLoader(keys => load(args, keys), keyOf)
      loaders.set(id, loader)
      return loader.load(key)
    },
    clearAll: (): void => loaders.clear(),
  }
}
