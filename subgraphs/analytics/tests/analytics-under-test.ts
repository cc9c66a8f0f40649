import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { publishUntilHandled } from '@supergraph/messaging/tests/test-namespace.ts'
import { countRequestQueries, createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { postGraphQL } from '../../../testbed/graphql-client.ts'
import { readEnvironment } from '../environment.ts'
import { startAnalytics } from '../server.ts'

export const anonymous: Viewer = { kind: 'anonymous' }
export const customer: Viewer = { kind: 'user', id: uuidv7(), scopes: [], sessionId: uuidv7() }
export const staff: Viewer = { ...customer, scopes: ['analytics:read'] }

/** One database, and as many replicas on it as the test starts; everything is taken down when the test ends. */
export const createSystem = async () => {
  const system = await startAll(async use => {
    const database = await createTestDatabase()
    use({ stop: database.drop })
    const sql = new Client({ connectionString: database.url })
    await sql.connect()
    use({ stop: () => sql.end() })
    const { keys, issuers } = await createIdentityKeys(['gateway'])
    const gateway = createIdentitySigner('gateway', identityKey.parse(keys.gateway))

    const startReplica = async () => {
      const logger = createLogger('test', 'silent')
      const transport = use(createInProcessTransport({ logger }, { retryDelaysMs: [10, 10] }))
      const environment = readEnvironment({
        DATABASE_URL: database.url,
        IDENTITY_ISSUERS: issuers,
        PORT: '0',
        LOG_LEVEL: 'silent',
      })
      const queries = countRequestQueries()
      const { url } = use(await startAnalytics(environment, transport, queries))
      return {
        queries,
        publish: (envelope: Envelope) => publishUntilHandled(transport, envelope),
        ask: async (viewer: Viewer, query: string, variables: object = {}) => {
          const accessToken = await gateway.sign('analytics', viewer)
          const { text } = await postGraphQL(url, { query, variables }, { accessToken })
          return answer.parse(JSON.parse(text))
        },
      }
    }
    return { sql, databaseUrl: database.url, startReplica }
  })
  onTestFinished(system.stop)
  return system
}

const answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })).optional(),
})
