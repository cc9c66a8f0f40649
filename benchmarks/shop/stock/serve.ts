import { readFileSync } from 'node:fs'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { buildSubgraphSchema } from '@apollo/subgraph'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { ServedSubgraph, Subgraph } from '@supergraph/subgraph/serve.ts'
import { parse } from 'graphql'
import { readViewer } from './viewer-header.ts'

/** Serves a subgraph as Apollo's documentation shows it: its resolvers and stores are the same as in ours. */
export const serveSubgraph = async <C extends { readonly viewer: Viewer }>({
  service,
  environment: { HOST: host, PORT: port },
  moduleUrl,
  resolvers,
  createContext,
}: Subgraph<C>): Promise<ServedSubgraph> => {
  const server = new ApolloServer<C>({
    schema: buildSubgraphSchema({
      typeDefs: parse(readFileSync(new URL('./schema.graphql', moduleUrl), 'utf8')),
      resolvers: { ...resolvers },
    }),
  })
  const { url } = await startStandaloneServer(server, {
    listen: { host, port },
    context: async ({ req }) =>
      createContext({ viewer: readViewer(req), clientAddress: undefined, deadlineAtMs: Infinity }),
  })
  return {
    url,
    askInProcess: () => Promise.reject(new Error(`${service} is asked over HTTP alone`)),
    stop: () => server.stop(),
  }
}
