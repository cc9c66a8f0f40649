import type { Transport } from '@supergraph/messaging/transport.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { Environment } from '../environment.ts'
import type { Changes } from '../subgraphs/changes.ts'
import { listenToChanges } from './changed-entities.ts'
import { createMemoryStore, type EntityStore } from './entity-store.ts'
import { connectRedisStore } from './redis-store.ts'

/** Opens the store that the settings name, and forgets what changes from now on. */
export const openEntityStore = (
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
): Promise<EntityStore> =>
  startAll(async use => {
    const store = use(url === undefined ? createMemoryStore(maxBytes) : await connectRedisStore(url, logger))
    use(
      await listenToChanges(transport, names => {
        changes.happened()
        store.forget(names)
      }),
    )
    return store
  })
