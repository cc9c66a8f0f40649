import { createHealth } from '@supergraph/runtime/health.ts'
import { originOf, startHttp } from '@supergraph/runtime/http.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import { createComposers } from './composer/composer.ts'
import { openRegistryDatabase } from './database/open.ts'
import { deleteOldUsage } from './database/usage-store.ts'
import { addDemoGraph } from './demo/demo-graph.ts'
import type { Environment } from './environment.ts'
import { createSite } from './http/site.ts'
import { createVariantChanges } from './variant-changes.ts'

const service = 'registry'
const deleteUsageEveryMs = 3_600_000

/** Starts the registry; `url` is its origin, and rover's APOLLO_REGISTRY_URL is `/graphql` there. */
export const startRegistry = (environment: Environment): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const { HOST: host, PORT: port, PUBLIC_URL } = environment
    const logger = createLogger(service, environment.LOG_LEVEL)
    const database = use(
      await openRegistryDatabase(environment.DATABASE_URL, { directUrl: environment.DATABASE_DIRECT_URL }),
    )
    const composers = use(createComposers())
    const changes = createVariantChanges(database, composers.composerOf(undefined))
    if (environment.DEMO_DATA) await addDemoGraph({ database, changes }, environment.DEMO_PASSWORD)
    use(
      startLoop({
        everyMs: deleteUsageEveryMs,
        work: () => deleteOldUsage(database),
        onError: error => logger.error({ err: error }, 'old usage can not be deleted'),
      }),
    )
    const health = createHealth(() => [
      { name: 'database', isRequired: true, check: () => database.query('select 1') },
    ])
    const publicUrl = PUBLIC_URL ?? originOf(host, port)
    const site = createSite(
      { database, changes, publicUrl, logger },
      { composerOf: composers.composerOf, health, pollSeconds: environment.POLL_SECONDS },
    )
    const http = use(await startHttp(site, { host, port, service }))
    use(health)
    const url = originOf(host, http.port)
    logger.info({ url }, `${service} listens`)
    return { url }
  })
