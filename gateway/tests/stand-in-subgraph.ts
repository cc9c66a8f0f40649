import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { sendJson, startHttp } from '@supergraph/runtime/http.ts'
import type { VerifyIdentity, Viewer } from '@supergraph/runtime/identity.ts'
import { readJson } from '@supergraph/runtime/request-body.ts'
import { execute, type GraphQLSchema, parse } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { z } from 'zod'

/** How a stand-in answers over HTTP from now on. */
export type Manner = 'properly' | 'never' | 'with 503' | 'with HTML' | 'with halves' | Refusal

/** A 400 whose error has this code. */
type Refusal = `with ${'BAD_USER_INPUT' | 'GRAPHQL_VALIDATION_FAILED'}`

export type Received = {
  readonly viewer: Viewer
  readonly headers: IncomingHttpHeaders
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

const operation = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()).optional() })
const upstreamSecret = 'secret upstream body at http://10.0.0.7:9999'

/** A subgraph for tests: it takes identity tokens alone, remembers what it received, and can misbehave. */
export const startStandIn = async ({
  sdl,
  resolvers,
  verifyIdentity,
  port = 0,
}: {
  readonly sdl: string
  readonly resolvers: object
  readonly verifyIdentity: VerifyIdentity
  readonly port?: number
}) => {
  // n.b. spread, because Apollo's resolver map is a type that plain objects of functions don't meet
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: { ...resolvers } })
  const received: Received[] = []
  let manner: Manner = 'properly'
  let timeOfEvent: () => number | undefined = Date.now

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = operation.parse(await readJson(request, 1_000_000))
    const { viewer } = await verifyIdentity(request.headers.authorization?.replace(/^Bearer /, ''))
    received.push({ viewer, headers: request.headers, query: body.query, variables: body.variables ?? {} })
    if (manner === 'never') return
    if (manner === 'with 503') return sendJson(response, 503, { errors: [{ message: upstreamSecret }] })
    if (manner === 'with BAD_USER_INPUT' || manner === 'with GRAPHQL_VALIDATION_FAILED') {
      const extensions = { code: manner.slice('with '.length), stacktrace: [upstreamSecret] }
      return sendJson(response, 400, { errors: [{ message: 'Expected a colour.', extensions }] })
    }
    if (manner === 'with HTML') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>${upstreamSecret}</h1>`)
      return
    }
    if (manner === 'with halves') {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"data":')
      return
    }
    sendJson(response, 200, await run(schema, body, viewer))
  }

  const http = await startHttp(
    (request, response) => {
      answer(request, response).catch(() =>
        sendJson(response, 401, { errors: [{ message: upstreamSecret }] }),
      )
    },
    { host: '127.0.0.1', port },
  )
  const sockets = serveSubscriptions(schema, http.server, verifyIdentity, () => timeOfEvent())
  return {
    url: `http://127.0.0.1:${http.port}/graphql`,
    port: http.port,
    received,
    connections: () => sockets.server.clients.size,
    answers: (next: Manner) => {
      manner = next
    },
    /** When what the next events tell of happened, if they tell that; by default now. */
    datesEvents: (at: () => number | undefined) => {
      timeOfEvent = at
    },
    breakSockets: () => {
      for (const socket of sockets.server.clients) socket.terminate()
    },
    stop: async () => {
      if (!http.server.listening) return
      for (const socket of sockets.server.clients) socket.terminate()
      await sockets.dispose()
      http.server.closeAllConnections()
      await http.stop()
    },
  }
}

const run = (schema: GraphQLSchema, { query, variables }: z.output<typeof operation>, viewer: Viewer) =>
  execute({ schema, document: parse(query), variableValues: variables, contextValue: { viewer } })

const serveSubscriptions = (
  schema: GraphQLSchema,
  server: Awaited<ReturnType<typeof startHttp>>['server'],
  verifyIdentity: VerifyIdentity,
  timeOfEvent: () => number | undefined,
) => {
  const sockets = new WebSocketServer({ server, path: '/graphql' })
  const { dispose } = useServer(
    {
      onSubscribe: async (_context, _id, { query, operationName, variables, extensions }) => ({
        schema,
        document: parse(query),
        operationName,
        variableValues: variables,
        contextValue: await verifyIdentity(z.string().parse(extensions?.identity)),
      }),
      onNext: (_context, _id, _payload, _arguments, result) => ({
        ...result,
        extensions: { occurredAtMs: timeOfEvent() },
      }),
    },
    sockets,
  )
  return { server: sockets, dispose }
}
