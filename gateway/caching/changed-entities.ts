import type { Transport } from '@supergraph/messaging/transport.ts'
import { entityChanges } from '@supergraph/schema/entity-changes.ts'

/** Knows which entities have changed lately. */
export type ChangedEntities = ReturnType<typeof createChangedEntities>

const maxKept = 100_000

/** The name of an entity by its key. */
export const nameOf = (type: string, field: string, value: unknown): string =>
  `${type} ${field} ${JSON.stringify(value)}`

/**
 * Remembers when entities changed. Time is a count of changes. Past 100,000 entities, all that was read before counts as
 * changed since.
 */
export const createChangedEntities = () => {
  const changedAt = new Map<string, number>()
  let time = 0
  let allChangedAt = 0
  return {
    now: (): number => time,
    note: (names: readonly string[]): void => {
      time += 1
      if (changedAt.size + names.length > maxKept) {
        changedAt.clear()
        allChangedAt = time
      }
      for (const name of names) changedAt.set(name, time)
    },
    /** Whether an entity changed after a time, so that what was asked for at that time may be outdated. */
    hasChangedSince: (name: string, atTime: number): boolean =>
      Math.max(changedAt.get(name) ?? 0, allChangedAt) > atTime,
  }
}

/** Hears of changes from now on; a change that is published while the broker is away may stay unheard. */
export const listenToChanges = (
  transport: Pick<Transport, 'listen'>,
  onChange: (names: readonly string[]) => void,
) => {
  const changesBy = Map.groupBy(entityChanges, ({ event }) => event.type)
  return transport.listen({
    types: [...changesBy.keys()],
    handle: envelope => {
      const changes = changesBy.get(typeOf(envelope)) ?? []
      onChange(changes.map(({ type, key, read }) => nameOf(type, key, read(envelope))))
    },
  })
}

const typeOf = (envelope: unknown): string =>
  typeof envelope === 'object' && envelope !== null && 'type' in envelope ? String(envelope.type) : ''
