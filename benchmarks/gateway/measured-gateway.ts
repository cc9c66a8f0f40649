import { readEnvironment } from '@supergraph/gateway/environment.ts'
import { startGateway } from '@supergraph/gateway/server.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'

/** Starts our gateway as in production, with every protection on, on a free port of this process; gives its address. */
export const startMeasuredGateway = async (
  supergraphSdl: string,
  { identityKey, jwksUrl }: { readonly identityKey: string; readonly jwksUrl: string },
  others: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const environment = readEnvironment(
    {
      NODE_ENV: 'production',
      LOG_LEVEL: 'error',
      PORT: '0',
      IDENTITY_KEY: identityKey,
      JWKS_URL: jwksUrl,
      ...others,
    },
    [],
  )
  const transport = createInProcessTransport({ logger: createLogger('messaging', 'error') })
  const { url } = await startGateway(environment, transport, { supergraphSdl })
  return url
}
