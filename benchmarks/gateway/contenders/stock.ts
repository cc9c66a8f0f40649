import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { forEachGraph, runContender } from './contender.ts'

await runContender(settings =>
  forEachGraph(settings, async supergraphSdl => {
    const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl }) })
    return (await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } })).url
  }),
)
