import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createAuthenticate } from '@supergraph/gateway/sessions/access-token.ts'
import { startHttp } from '@supergraph/runtime/http.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { z } from 'zod'
import { type ServiceName, services, subgraphNames } from '../services.ts'
import { installBeside } from './install-beside.ts'

const hive = {
  name: '@graphql-hive/gateway-runtime',
  version: '2.12.1',
  cache: 'hive-gateway-2.12.1',
  needs: ['@graphql-mesh/transport-http@1.2.1'],
}

type Handler = ((request: IncomingMessage, response: ServerResponse) => unknown) & AsyncDisposable

// n.b. its own types are beside too
const runtime = z.object({ createGatewayRuntime: z.custom<(settings: object) => Handler>() })
const fetchCall = z.looseObject({ url: z.string() })
const subgraphCall = z.object({
  setURL: z.custom<(url: string) => void>(),
  options: z.looseObject({ headers: z.record(z.string(), z.string()).optional() }),
  setOptions: z.custom<(options: object) => void>(),
  context: z.object({ request: z.custom<Pick<Request, 'headers'>>() }).optional(),
})

/** The subgraphs of a system, and the registry that has their supergraph. */
export type AroundGateway = {
  readonly registry: { readonly url: string; readonly ref: string; readonly key: string }
  readonly originOf: (service: ServiceName) => string
  /** The private key by which subgraphs know the gateway. */
  readonly gatewayKey: string
}

/**
 * Starts Hive Gateway, as npm has it, on the supergraph of a registry, which it polls as it polls Apollo's. It signs each
 * request to a subgraph as our gateway does. Undefined if npm does not give it.
 */
export const startHiveGateway = async ({
  registry,
  originOf,
  gatewayKey,
}: AroundGateway): Promise<(Running & { readonly url: string }) | undefined> => {
  const folder = await installBeside(hive, 'whether Hive Gateway answers the same')
  if (folder === undefined) return undefined
  const { createGatewayRuntime } = runtime.parse(
    await import(pathToFileURL(join(folder, 'dist', 'index.js')).href),
  )
  const signer = createIdentitySigner('gateway', identityKey.parse(gatewayKey))
  const jwksUrl = `${originOf('users')}/.well-known/jwks.json`
  const authenticate = createAuthenticate(jwksUrl, 2_000, createLogger('hive', 'silent'))

  /** Sends what is for a subgraph to where it listens, with the identity of who asks. */
  const onFetch = async (call: unknown): Promise<void> => {
    const { port, pathname } = new URL(fetchCall.parse(call).url)
    const service = subgraphNames().find(name => String(services[name].port) === port)
    if (service === undefined) return
    const { setURL, options, setOptions, context } = subgraphCall.parse(call)
    const { viewer } = await authenticate(context?.request.headers.get('authorization') ?? undefined)
    const identity = await signer.sign(service, viewer)
    setURL(originOf(service) + pathname)
    setOptions({ ...options, headers: { ...options.headers, authorization: `Bearer ${identity}` } })
  }

  return startAll(async use => {
    const gateway = createGatewayRuntime({
      supergraph: {
        type: 'graphos',
        graphRef: registry.ref,
        apiKey: registry.key,
        upLink: `${registry.url}/uplink`,
      },
      // n.b. without this it reports to Apollo
      reporting: { type: 'hive', enabled: false, token: '' },
      logging: false,
      plugins: () => [{ onFetch }],
    })
    use({ stop: async () => gateway[Symbol.asyncDispose]() })
    const { port } = use(
      await startHttp((request, response) => void gateway(request, response), { host: '127.0.0.1', port: 0 }),
    )
    return { url: `http://127.0.0.1:${port}/graphql` }
  })
}
