import { bytesOfText, createCache } from '@supergraph/runtime/cache.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { steadyNowMs } from '@supergraph/runtime/steady-clock.ts'
import { createChangedEntities } from './changed-entities.ts'
import { createWriters } from './writers.ts'

/** What is kept of an entity: which entity, and which of its values, asked for by whom. */
export type EntryName = { readonly entity: string; readonly selection: string }

/** Values as JSON text, and until when they may be kept, by `steadyNowMs`. */
export type Kept = { readonly text: string; readonly expiresAtMs: number }

/** Values to keep. */
export type Entry = EntryName & Kept

/** What a look-up gives. */
export type Found = {
  /** The values by the places of their names; undefined for those that are not kept. */
  readonly kept: readonly (Kept | undefined)[]
  /** Keeps values that were asked for after the look-up, but for those of entities that were forgotten since. */
  readonly keep: (entries: readonly Entry[]) => void
}

/** Keeps values of entities for a while. It never throws: what it can't do counts as not kept. */
export type EntityStore = Running & {
  /** Looks values up for a user, or for nobody. */
  readonly find: (names: readonly EntryName[], user: string | undefined) => Promise<Found>
  /** Forgets everything that is kept of these entities. */
  readonly forget: (entities: readonly string[]) => void
  /** Lets a user who has changed something find nothing for 5 s, since the event of the change may still be on its way. */
  readonly noteWriter: (user: string) => Promise<void>
}

const bytesPerEntry = 200
// n.b. a client may ask for one entity in as many ways as it likes
const maxSelections = 50

/** Keeps values in this process, at most `maxBytes`, and the latest 50 of an entity. */
export const createMemoryStore = (maxBytes: number): EntityStore => {
  const entities = createCache<ReadonlyMap<string, Kept>>({ maxBytes, sizeOf: bytesOf, nowMs: steadyNowMs })
  const changed = createChangedEntities()
  const writers = createWriters()

  const keepOne = ({ entity, selection, text, expiresAtMs }: Entry): void => {
    const all = new Map(entities.get(entity))
    all.delete(selection)
    all.set(selection, { text, expiresAtMs })
    for (const oldest of all.keys()) {
      if (all.size <= maxSelections) break
      all.delete(oldest)
    }
    entities.set(entity, all, Math.max(...[...all.values()].map(({ expiresAtMs }) => expiresAtMs)))
  }

  return {
    find: async (names, user) => {
      const nowMs = steadyNowMs()
      const startedAt = changed.now()
      const isWriter = writers.has(user)
      return {
        kept: names.map(({ entity, selection }) => {
          const kept = isWriter ? undefined : entities.get(entity)?.get(selection)
          return kept !== undefined && kept.expiresAtMs > nowMs ? kept : undefined
        }),
        keep: entries => {
          for (const entry of entries) if (!changed.hasChangedSince(entry.entity, startedAt)) keepOne(entry)
        },
      }
    },
    forget: names => {
      changed.note(names)
      for (const entity of names) entities.delete(entity)
    },
    noteWriter: async user => writers.note(user),
    stop: async () => undefined,
  }
}

const bytesOf = (kept: ReadonlyMap<string, Kept>): number => {
  let bytes = 0
  for (const [selection, { text }] of kept)
    bytes += bytesPerEntry + bytesOfText(selection) + bytesOfText(text)
  return bytes
}
