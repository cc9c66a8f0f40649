import { readEnvironment } from '@supergraph/gateway/environment.ts'
import { startGateway } from '@supergraph/gateway/server.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { z } from 'zod'
import { readSettings, serveParent } from '../gateway/parent.ts'
import { readUse } from './use.ts'

const { supergraphSdl, ...settings } = z
  .object({ supergraphSdl: z.string(), identityKey: z.string(), jwksUrl: z.string() })
  .parse(readSettings())
const environment = readEnvironment(
  {
    NODE_ENV: 'production',
    LOG_LEVEL: 'error',
    PORT: '0',
    IDENTITY_KEY: settings.identityKey,
    JWKS_URL: settings.jwksUrl,
    SOCKETS_PER_ADDRESS: '20000',
  },
  [],
)
const transport = createInProcessTransport({ logger: createLogger('messaging', 'error') })
const { url } = await startGateway(environment, transport, { supergraphSdl })
serveParent({ url }, readUse)
