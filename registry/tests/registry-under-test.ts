import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { freePorts } from '../../testbed/ports.ts'
import type { Rover } from '../../testbed/rover.ts'
import { addGraph } from '../database/graph-store.ts'
import { addKey } from '../database/key-store.ts'
import { openRegistryDatabase } from '../database/open.ts'
import { readEnvironment } from '../environment.ts'
import type { Role } from '../keys.ts'
import { startRegistry } from '../server.ts'
import { createVariantChanges } from '../variant-changes.ts'

/** A registry with the graph `shop` on a database of its own; `stop` drops the database. */
export const startTestRegistry = (rover: Rover | undefined, variables: Variables = {}) =>
  startAll(async use => {
    const { url: databaseUrl, drop } = await createTestDatabase()
    use({ stop: drop })
    const [port = 0] = await freePorts(1)
    const settings = {
      PORT: String(port),
      LOG_LEVEL: 'silent',
      DATABASE_URL: databaseUrl,
      POLL_SECONDS: '0.2',
      ...variables,
    }
    let registry = await startRegistry(readEnvironment(settings))
    use({ stop: () => registry.stop() })
    const database = use(await openRegistryDatabase(databaseUrl))
    const folder = mkdtempSync(join(tmpdir(), 'registry-'))
    use({ stop: async () => rmSync(folder, { recursive: true }) })
    await addGraph(database, 'shop')
    const makeKey = (role: Role, graph = 'shop') => addKey(database, { graph, role })
    const key = await makeKey('admin')

    return {
      url: registry.url,
      database,
      /** The way past HTTP. */
      changes: createVariantChanges(database, { compose: async subgraphs => composeSubgraphs(subgraphs) }),
      key,
      makeKey,
      /** Stops the registry and starts it anew on the same database and port. */
      restart: async (): Promise<void> => {
        await registry.stop()
        registry = await startRegistry(readEnvironment(settings))
      },
      /** Writes a file for rover, and returns its path. */
      write: (name: string, text: string): string => {
        const path = join(folder, name)
        writeFileSync(path, text)
        return path
      },
      /** Runs rover against the registry with an admin's key, or with another. */
      rover: (args: readonly string[], apiKey = key, settings: Readonly<Record<string, string>> = {}) => {
        if (rover === undefined) throw new Error('there is no rover here')
        const own = { APOLLO_REGISTRY_URL: `${registry.url}/graphql`, APOLLO_KEY: apiKey }
        return rover.run([...args, '--skip-update-check'], { ...own, ...settings })
      },
    }
  })
