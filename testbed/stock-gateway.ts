import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginUsageReportingDisabled } from '@apollo/server/plugin/disabled'
import { startStandaloneServer } from '@apollo/server/standalone'
import { createAuthenticate } from '@supergraph/gateway/sessions/access-token.ts'
import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { subgraphNames } from '../services.ts'
import type { AroundGateway } from './hive-gateway.ts'

type Context = { readonly viewer: Viewer }

/** Starts Apollo's own gateway in managed mode on the supergraph of a registry. It signs each request as our gateway does. */
export const startStockGateway = ({
  registry,
  originOf,
  gatewayKey,
}: AroundGateway): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const signer = createIdentitySigner('gateway', identityKey.parse(gatewayKey))
    const jwksUrl = `${originOf('users')}/.well-known/jwks.json`
    const authenticate = createAuthenticate(jwksUrl, 2_000, createLogger('stock', 'silent'))
    const gateway = new ApolloGateway({
      uplinkEndpoints: [`${registry.url}/uplink`],
      buildService: ({ name }) => {
        const service = subgraphNames().find(known => known === name)
        if (service === undefined) throw new Error(`there is no subgraph ${name}`)
        return new RemoteGraphQLDataSource<Context>({
          url: `${originOf(service)}/graphql`,
          willSendRequest: async ({ request, context }) => {
            const identity = await signer.sign(service, context.viewer)
            request.http?.headers.set('authorization', `Bearer ${identity}`)
          },
        })
      },
    })
    const server = new ApolloServer<Context>({
      gateway,
      apollo: { key: registry.key, graphRef: registry.ref },
      plugins: [ApolloServerPluginUsageReportingDisabled()],
      stopOnTerminationSignals: false,
    })
    const { url } = await startStandaloneServer(server, {
      listen: { host: '127.0.0.1', port: 0 },
      context: async ({ req }) => ({ viewer: (await authenticate(req.headers.authorization)).viewer }),
    })
    use({ stop: () => server.stop() })
    return { url }
  })
