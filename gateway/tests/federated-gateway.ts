import { writeFileSync } from 'node:fs'
import { composeServices } from '@apollo/composition'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createIdentityVerifier } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityIssuers } from '@supergraph/runtime/identity-keys.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { parse } from 'graphql'
import { onTestFinished } from 'vitest'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'
import { readEnvironment } from '../environment.ts'
import { startGateway } from '../server.ts'
import { clientsOf } from './gateway-under-test.ts'
import { startStandIn } from './stand-in-subgraph.ts'

/** A subgraph of a test. */
export type TestSubgraph = { readonly sdl: string; readonly resolvers: object }

/** A subgraph as it is published. */
export type FederatedSubgraph = { readonly name: string; readonly sdl: string; readonly url: string }

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@external", "@requires", "@provides", "@override", "@interfaceObject", "@inaccessible",
  "@requiresScopes", "@composeDirective"
])`

/**
 * Starts a gateway over these subgraphs, whose SDL may use what federation has; all of it is stopped with the test. With
 * SUPERGRAPH_PATH, the supergraph is written there first.
 */
export const startFederatedGateway = async (
  subgraphs: Readonly<Record<string, TestSubgraph>>,
  settings: Readonly<Record<string, string>> = {},
) => {
  const { keys, issuers } = await createIdentityKeys(['gateway'])
  const started = await Promise.all(
    Object.entries(subgraphs).map(async ([name, { sdl, resolvers }]) => {
      const verifyIdentity = createIdentityVerifier(name, identityIssuers.parse(issuers))
      const standIn = await startStandIn({ sdl: `${link}\n${sdl}`, resolvers, verifyIdentity })
      return { name, sdl: `${link}\n${sdl}`, standIn }
    }),
  )
  onTestFinished(async () => {
    await Promise.all(started.map(({ standIn }) => standIn.stop()))
  })
  const { errors, supergraphSdl } = composeServices(
    started.map(({ name, sdl, standIn }) => ({ name, url: standIn.url, typeDefs: parse(sdl) })),
  )
  if (errors !== undefined) throw new AggregateError(errors, 'the subgraphs do not compose')
  const tokens = await startTokenIssuer()
  const environment = readEnvironment(
    {
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      PORT: '0',
      IDENTITY_KEY: keys.gateway,
      JWKS_URL: tokens.jwksUrl,
      ...settings,
    },
    [],
  )
  const transport = createInProcessTransport({ logger: createLogger('messaging', 'silent') })
  if (settings.SUPERGRAPH_PATH !== undefined) writeFileSync(settings.SUPERGRAPH_PATH, supergraphSdl)
  const gateway = await startGateway(
    environment,
    transport,
    settings.SUPERGRAPH_PATH === undefined ? { supergraphSdl } : {},
  )
  onTestFinished(async () => {
    await gateway.stop()
    await Promise.all([tokens.stop(), transport.stop()])
  })
  const origin = `http://127.0.0.1:${gateway.port}`
  const { post } = clientsOf(origin)
  return {
    origin,
    post,
    tokens,
    transport,
    subgraphs: started.map(({ name, sdl, standIn }) => ({ name, sdl, url: standIn.url })),
    ask: async (query: string, variables?: object) => (await post(query, {}, variables)).body,
    /** The variables of each request that a subgraph received. */
    asked: (name: string) =>
      started.find(subgraph => subgraph.name === name)?.standIn.received.map(({ variables }) => variables) ??
      [],
  }
}
