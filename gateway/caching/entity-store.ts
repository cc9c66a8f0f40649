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
  const entities = createCache<KeptOfEntity>({ maxBytes, sizeOf: ({ bytes }) => bytes, nowMs: steadyNowMs })
  const changed = createChangedEntities()
  const writers = createWriters()

  const keepOne = ({ entity, selection, text, expiresAtMs }: Entry): void => {
    const kept = entities.get(entity) ?? new KeptOfEntity()
    kept.set(selection, { text, expiresAtMs })
    entities.set(entity, kept, kept.expiresAtMs)
  }

  return {
    find: async (names, user) => {
      const nowMs = steadyNowMs()
      const startedAt = changed.now()
      const isWriter = writers.has(user)
      return {
        kept: names.map(({ entity, selection }) => {
          const kept = isWriter ? undefined : entities.get(entity)?.bySelection.get(selection)
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

/** n.b. it is changed in place: to copy fifty values for each of a hundred entities took 20 ms. */
class KeptOfEntity {
  readonly bySelection = new Map<string, Kept>()
  bytes = 0
  /** When the last of them is over. */
  expiresAtMs = 0

  set(selection: string, kept: Kept): void {
    this.#delete(selection)
    this.bySelection.set(selection, kept)
    this.bytes += bytesOf(selection, kept)
    this.expiresAtMs = Math.max(this.expiresAtMs, kept.expiresAtMs)
    const [oldest] = this.bySelection.keys()
    if (this.bySelection.size > maxSelections && oldest !== undefined) this.#delete(oldest)
  }

  #delete(selection: string): void {
    const kept = this.bySelection.get(selection)
    if (kept === undefined) return
    this.bySelection.delete(selection)
    this.bytes -= bytesOf(selection, kept)
  }
}

const bytesOf = (selection: string, { text }: Kept): number =>
  bytesPerEntry + bytesOfText(selection) + bytesOfText(text)
