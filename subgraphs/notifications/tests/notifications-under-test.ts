import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { publishUntilHandled } from '@supergraph/messaging/tests/test-namespace.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { createSealer, createSealingKey, sealingKeys } from '@supergraph/runtime/sealed.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { createClient } from 'graphql-ws'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { postGraphQL } from '../../../testbed/graphql-client.ts'
import { readEnvironment } from '../environment.ts'
import { type Options, startNotifications } from '../server.ts'

/** The keys of LINK_KEYS, and what seals with them as users does. */
export const linkKeys = createSealingKey()
export const sealer = createSealer(sealingKeys.parse(linkKeys))

export const anonymous: Viewer = { kind: 'anonymous' }

/** A new user. */
export const createUser = (scopes: readonly string[] = []) =>
  ({ kind: 'user', id: uuidv7(), scopes, sessionId: uuidv7() }) as const satisfies Viewer

/** One database, and as many replicas on it as the test starts; everything is taken down when the test ends. */
export const createSystem = async () => {
  const system = await startAll(async use => {
    const database = await createTestDatabase()
    use({ stop: database.drop })
    const sql = new Client({ connectionString: database.url })
    await sql.connect()
    use({ stop: () => sql.end() })
    const identities = await createIdentities()
    return {
      sql,
      tokenOf: identities.tokenOf,
      startReplica: async (options?: Options, variables?: Readonly<Record<string, string>>) =>
        use(await startReplica({ DATABASE_URL: database.url, ...variables }, identities, options)),
    }
  })
  onTestFinished(system.stop)
  return system
}

const createIdentities = async () => {
  const { keys, issuers } = await createIdentityKeys(['gateway', 'orders'])
  const signerOf = (issuer: 'gateway' | 'orders') =>
    createIdentitySigner(issuer, identityKey.parse(keys[issuer]))
  const [gateway, orders] = [signerOf('gateway'), signerOf('orders')]
  return {
    issuers,
    tokenOf: (viewer: Viewer, audience = 'notifications') =>
      (viewer.kind === 'service' ? orders : gateway).sign(audience, viewer),
  }
}

const startReplica = (
  variables: Readonly<Record<string, string>>,
  { issuers, tokenOf }: Awaited<ReturnType<typeof createIdentities>>,
  options?: Options,
) =>
  startAll(async use => {
    const transport = use(
      createInProcessTransport({ logger: createLogger('test', 'silent') }, { retryDelaysMs: [10, 10] }),
    )
    const environment = readEnvironment({
      // n.b. nothing listens on this port, so that no test writes to the mailbox of a developer's system
      SMTP_URL: 'smtp://127.0.0.1:1',
      LOG_LEVEL: 'silent',
      LINK_KEYS: linkKeys,
      ...variables,
      IDENTITY_ISSUERS: issuers,
      PORT: '0',
    })
    const { url, subscribers } = use(await startNotifications(environment, transport, options))
    const sockets = createClient({ url: url.replace('http', 'ws'), retryAttempts: 0 })
    use({ stop: async () => sockets.dispose() })

    const post = async (headers: Readonly<Record<string, string>>, query: string, variables: object = {}) => {
      const { status, text } = await postGraphQL(url, { query, variables }, { headers })
      return { status, ...answer.parse(JSON.parse(text)) }
    }
    return {
      transport: { publish: (envelope: Envelope) => publishUntilHandled(transport, envelope) },
      url,
      subscribers,
      post,
      ask: async (viewer: Viewer, query: string, variables?: object) =>
        post({ authorization: `Bearer ${await tokenOf(viewer)}` }, query, variables),
      subscribe: async (viewer: Viewer, query: string, variables: Record<string, unknown> = {}) =>
        sockets.iterate({ query, variables, extensions: { identity: await tokenOf(viewer) } }),
      subscribeWith: (identity: string | undefined, query: string) =>
        sockets.iterate({ query, extensions: { identity } }),
      /** Ends the socket without unsubscribing. */
      disconnect: () => sockets.terminate(),
    }
  })

const answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })).optional(),
})

/** The data of the next result. */
export const nextOf = async (stream: AsyncIterator<unknown>): Promise<unknown> => {
  const { value } = await stream.next()
  return value.data
}
