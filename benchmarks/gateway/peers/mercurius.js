import mercuriusGateway from '@mercuriusjs/gateway'
import Fastify from 'fastify'
import { forEachGraph, runContender } from '../contenders/contender.ts'

/** A subgraph's SDL in the first version of federation. */
const toFederation1 = sdl =>
  sdl
    .replace(/extend schema .*/, '')
    .replaceAll(/@shareable|@listSize\(.*?\)/g, '')
    .replace(
      /type (\w+) @key\(fields: "id", resolvable: false\) { id: ID! }/g,
      'extend type $1 @key(fields: "id") { id: ID! @external }',
    )
    .replace('type Query', 'extend type Query')

await runContender(settings =>
  forEachGraph(settings, async (_supergraph, graph) => {
    const services = Object.entries(settings.subgraphs[graph]).map(([name, { url, sdl }]) => ({
      name,
      url,
      schema: toFederation1(sdl),
      mandatory: true,
      connections: 256,
      keepAliveMaxTimeout: 60_000,
    }))
    const app = Fastify()
    app.register(mercuriusGateway, { jit: 1, gateway: { services } })
    return `${await app.listen({ port: 0, host: '127.0.0.1' })}/graphql`
  }),
)
