import { readEnvironment } from '@supergraph/gateway/environment.ts'
import { startGateway } from '@supergraph/gateway/server.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { forEachGraph, runContender } from './contender.ts'

// n.b. Every protection is on, as in production. The public benchmark's query is dear, and one viewer may not send many
// such queries at a time by default.
await runContender(settings =>
  forEachGraph(settings, async (supergraphSdl, graph) => {
    const environment = readEnvironment(
      {
        NODE_ENV: 'production',
        LOG_LEVEL: 'error',
        PORT: '0',
        IDENTITY_KEY: settings.identityKey,
        JWKS_URL: settings.jwksUrl,
        ...(graph === 'reviewSite' && { MAX_COST: '100000' }),
      },
      [],
    )
    const transport = createInProcessTransport({ logger: createLogger('messaging', 'error') })
    return (await startGateway(environment, transport, { supergraphSdl })).url
  }),
)
