import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { readEnvironment, urlSetting } from '@supergraph/gateway/environment.ts'
import { createAuthenticate } from '@supergraph/gateway/sessions/access-token.ts'
import { loadSupergraph, readSupergraph } from '@supergraph/gateway/supergraph.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { viewerHeader } from './viewer-header.ts'

type Context = { readonly viewer?: Viewer }

const environment = readEnvironment()
const authenticate = createAuthenticate(environment.JWKS_URL, 2_000, createLogger('gateway', 'warn'))

const gateway = new ApolloGateway({
  supergraphSdl: loadSupergraph(readSupergraph()).sdl,
  buildService: ({ name, url }) =>
    new RemoteGraphQLDataSource<Context>({
      url: environment[urlSetting(name)] ?? url,
      willSendRequest: ({ request, context: { viewer } }) =>
        request.http?.headers.set(viewerHeader, JSON.stringify(viewer ?? { kind: 'anonymous' })),
    }),
})
const { HOST: host, PORT: port } = environment
await startStandaloneServer(new ApolloServer<Context>({ gateway }), {
  listen: { host, port },
  context: async ({ req }) => ({ viewer: (await authenticate(req.headers.authorization)).viewer }),
})
console.log('gateway runs')
