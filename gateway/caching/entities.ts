import type { Transport } from '@supergraph/messaging/transport.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { Environment } from '../environment.ts'
import type { Changes } from '../subgraphs/changes.ts'
import { type ChangedEntities, createChangedEntities, listenToChanges } from './changed-entities.ts'
import { createMemoryStore, type EntityStore } from './entity-store.ts'
import { connectRedisStore } from './redis-store.ts'
import { createWriters, type Writers } from './writers.ts'

/** What a process keeps of entities, and what it knows of their changes. */
export type KeptEntities = {
  readonly store: EntityStore
  readonly changed: ChangedEntities
  readonly writers: Writers
}

/** Opens the store that the settings name, and forgets what changes from now on. */
export const openEntities = (
  { ENTITY_CACHE_URL: url, ENTITY_CACHE_BYTES: maxBytes }: Environment,
  {
    transport,
    changes,
    logger,
  }: {
    readonly transport: Pick<Transport, 'listen'>
    readonly changes: Pick<Changes, 'happened'>
    readonly logger: Logger
  },
): Promise<KeptEntities & Running> =>
  startAll(async use => {
    const store = use(url === undefined ? createMemoryStore(maxBytes) : await connectRedisStore(url, logger))
    const changed = createChangedEntities()
    use(
      await listenToChanges(transport, names => {
        changes.happened()
        changed.note(names)
        store.forget(names)
      }),
    )
    return { store, changed, writers: createWriters() }
  })
