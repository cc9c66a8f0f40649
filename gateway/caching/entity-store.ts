import { bytesOfText, createCache } from '@supergraph/runtime/cache.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'

/** What is kept of an entity: which entity, and which of its values, asked for by whom. */
export type EntryName = { readonly entity: string; readonly selection: string }

/** Values to keep, as JSON text. */
export type Entry = EntryName & { readonly text: string; readonly expiresAtMs: number }

/** Keeps values of entities for a while. It never throws: what it can't do counts as not kept. */
export type EntityStore = Running & {
  /** The values by the same places; undefined for those that are not kept. */
  readonly find: (names: readonly EntryName[]) => Promise<readonly (string | undefined)[]>
  readonly keep: (entries: readonly Entry[]) => void
  /** Forgets everything that is kept of these entities. */
  readonly forget: (entities: readonly string[]) => void
}

type Kept = ReadonlyMap<string, Omit<Entry, keyof EntryName>>

const bytesPerEntry = 200
// n.b. a client may ask for one entity in as many ways as it likes
const maxSelections = 50

/** Keeps values in this process, at most `maxBytes`, and the latest 50 of an entity. */
export const createMemoryStore = (maxBytes: number): EntityStore => {
  const kept = createCache<Kept>({ maxBytes, sizeOf: bytesOf })
  return {
    find: async names => {
      const nowMs = Date.now()
      return names.map(({ entity, selection }) => {
        const entry = kept.get(entity)?.get(selection)
        return entry !== undefined && entry.expiresAtMs > nowMs ? entry.text : undefined
      })
    },
    keep: entries => {
      for (const { entity, selection, ...entry } of entries) {
        const all = new Map(kept.get(entity))
        all.delete(selection)
        all.set(selection, entry)
        for (const oldest of all.keys()) {
          if (all.size <= maxSelections) break
          all.delete(oldest)
        }
        kept.set(entity, all, Math.max(...[...all.values()].map(({ expiresAtMs }) => expiresAtMs)))
      }
    },
    forget: entities => {
      for (const entity of entities) kept.delete(entity)
    },
    stop: async () => undefined,
  }
}

const bytesOf = (kept: Kept): number => {
  let bytes = 0
  for (const [selection, { text }] of kept)
    bytes += bytesPerEntry + bytesOfText(selection) + bytesOfText(text)
  return bytes
}
