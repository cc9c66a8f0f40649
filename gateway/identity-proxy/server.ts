import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { createHealth, dependencyOnBroker } from '@supergraph/runtime/health.ts'
import {
  failRequest,
  originOf,
  refuseBody,
  sendGraphQLError,
  startHttp,
  whenGone,
} from '@supergraph/runtime/http.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { connectToReplicas } from '@supergraph/runtime/replicas/requests.ts'
import { BadRequest, readBytes } from '@supergraph/runtime/request-body.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { GraphQLError, parse } from 'graphql'
import { type Environment, urlSetting } from '../environment.ts'
import { statusOf } from '../errors.ts'
import { createClientAddress } from '../http/client-address.ts'
import { deviceOf } from '../http/client-device.ts'
import { createAuthenticate } from '../sessions/access-token.ts'
import { refuseEnded, startSessionWatch } from '../sessions/session-watch.ts'
import { maxInFlight } from '../subgraphs/call-limits.ts'
import { readSubgraphs } from '../subgraphs/subgraphs.ts'
import { readSupergraph } from '../supergraph.ts'

// n.b. as much as a subgraph takes
const maxBodyBytes = 8 * 1024 * 1024
const maxAnswerBytes = 32 * 1024 * 1024
const passedOn = ['content-type', 'accept', 'traceparent', 'user-agent']

/**
 * Starts what stands between another router and the subgraphs: a request for `/<subgraph>` with the client's access token
 * goes on to that subgraph with an identity token, as the gateway would have sent it. It takes the gateway's settings, and
 * is for the router alone.
 */
export const startIdentityProxy = (
  environment: Environment,
  transport: Pick<Transport, 'listen' | 'broker'>,
): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const { HOST: host, PORT: port, SUBGRAPH_TIMEOUT_MS: timeoutMs } = environment
    const logger = createLogger('identity-proxy', environment.LOG_LEVEL)
    const subgraphs = new Map(
      readSubgraphs(parse(readSupergraph(environment.SUPERGRAPH_PATH))).map(({ name, url, told }) => {
        const replicas = connectToReplicas(environment[urlSetting(name)] ?? url, {
          service: name,
          connections: maxInFlight,
          maxResponseBytes: maxAnswerBytes,
          logger,
        })
        return [name, { told: [...told.mutations, ...told.reads], replicas: use(replicas) }]
      }),
    )
    const signer = createIdentitySigner('gateway', environment.IDENTITY_KEY)
    const sessionWatch = use(await startSessionWatch(transport))
    const authenticate = refuseEnded(
      createAuthenticate(environment.JWKS_URL, timeoutMs, logger),
      sessionWatch,
    )
    const clientAddress = createClientAddress(environment.TRUST_PROXY_HOPS)
    const health = createHealth(() => dependencyOnBroker(transport.broker))

    const pass = async (request: IncomingMessage, response: ServerResponse, name: string): Promise<void> => {
      const subgraph = subgraphs.get(name)
      if (subgraph === undefined)
        return sendGraphQLError(response, 404, 'BAD_REQUEST', 'There is no such subgraph.')
      if (request.method !== 'POST') return sendGraphQLError(response, 405, 'BAD_REQUEST', 'Send a POST.')
      const { viewer } = await authenticate(request.headers.authorization)
      const body = await readBytes(request, maxBodyBytes)
      const { told, replicas } = subgraph
      const token = await signer.sign(
        name,
        viewer,
        told.includes('client-address') ? clientAddress(request) : undefined,
        told.includes('client-device') ? deviceOf(request.headers['user-agent']) : undefined,
      )
      const [signal, gone] = [AbortSignal.timeout(timeoutMs), whenGone(response)]
      const headers = { ...headersOf(request), authorization: `Bearer ${token}` }
      const answer = await replicas
        .post({ headers, body, signal, gone }, async ({ statusCode, headers: found, body: bytes }) => ({
          status: statusCode,
          contentType: String(found['content-type'] ?? 'application/json'),
          bytes: Buffer.from(await bytes.arrayBuffer()),
        }))
        .catch((cause: unknown) => {
          throw new SubgraphAway(name, { cause })
        })
      response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.bytes)
    }

    const refuse = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
      if (response.destroyed) return
      if (error instanceof BadRequest) {
        refuseBody(request, response, error.status, error.message)
      } else if (error instanceof GraphQLError) {
        const { code } = error.extensions
        sendGraphQLError(response, statusOf(error) ?? 500, String(code), error.message)
      } else if (error instanceof SubgraphAway) {
        logger.warn({ err: error.cause }, error.message)
        sendGraphQLError(response, 503, 'SERVICE_UNAVAILABLE', error.message)
      } else failRequest(response, error, logger)
    }

    const http = use(
      await startHttp(
        (request, response) => {
          const { path } = readTarget(request)
          const answerHealth = health.at(path)
          if (answerHealth !== undefined) return void answerHealth(request, response)
          pass(request, response, path.slice(1)).catch((error: unknown) => refuse(request, response, error))
        },
        { host, port },
      ),
    )
    use(health)
    const url = originOf(host, http.port)
    logger.info({ url }, 'identity proxy listens')
    return { url }
  })

class SubgraphAway extends Error {
  constructor(name: string, options: ErrorOptions) {
    super(`${name} does not answer`, options)
  }
}

const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    passedOn.flatMap(name => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
