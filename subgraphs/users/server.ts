import { CreateMessaging1700000000000 } from '@supergraph/messaging/migration.ts'
import { startRelay } from '@supergraph/messaging/relay.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createIdentityVerifier } from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { startSubgraphServer } from '@supergraph/runtime/subgraph-server.ts'
import { createAccessTokens } from './access-tokens.ts'
import { createContext } from './context.ts'
import { createAddressStore } from './database/address-store.ts'
import { seedDemo } from './database/demo.ts'
import { CreateUsers1760000000000 } from './database/migrations/1760000000000-create-users.ts'
import { tables } from './database/tables.ts'
import { createUserStore } from './database/user-store.ts'
import type { Environment } from './environment.ts'
import { createPasswords } from './passwords.ts'
import { resolvers } from './resolvers/resolvers.ts'
import { createSessions } from './sessions.ts'

const service = 'users'

/** Starts the users subgraph on a transport that outlives it; `onQuery` sees each SQL statement. */
export const startUsers = (
  environment: Environment,
  transport: Transport,
  { onQuery }: { readonly onQuery?: (sql: string) => void } = {},
): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const logger = createLogger(service, environment.LOG_LEVEL)
    const database = await openDatabase({
      service,
      url: environment.DATABASE_URL,
      tables,
      migrations: [CreateMessaging1700000000000, CreateUsers1760000000000],
      onQuery,
    })
    use({ stop: () => database.destroy() })

    const passwords = createPasswords()
    if (environment.DEMO_DATA) await seedDemo(database, passwords, environment.DEMO_PASSWORD)
    const accessTokens = await createAccessTokens(database)
    const users = createUserStore(database)
    const addresses = createAddressStore(database)
    const sessions = createSessions({ users, passwords, accessTokens })

    use(await startRelay({ dataSource: database, databaseUrl: environment.DATABASE_URL, transport, logger }))
    return use(
      await startSubgraphServer({
        service,
        host: environment.HOST,
        port: environment.PORT,
        schemaFile: new URL('./schema.graphql', import.meta.url),
        resolvers,
        verifyIdentity: createIdentityVerifier(service, environment.IDENTITY_ISSUERS),
        createContext: viewer => createContext({ users, addresses, sessions }, viewer),
        documents: { '/.well-known/jwks.json': accessTokens.jwks },
        checkHealth: () => database.query('select 1'),
        logger,
      }),
    )
  })
