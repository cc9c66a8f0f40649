import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Health } from '@supergraph/runtime/health.ts'
import { failRequest, sendJson } from '@supergraph/runtime/http.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { buildSchema, OperationTypeNode } from 'graphql'
import { unknownKey } from '../api/caller.ts'
import { createQueryRoot } from '../api/graph.ts'
import { createMutationRoot } from '../api/graph-mutation.ts'
import type { Services } from '../api/services.ts'
import { readCheck } from '../database/check-store.ts'
import { findGrant, type Grant } from '../database/key-store.ts'
import { Refusal } from '../refusal.ts'
import { createUplinkRoot } from '../uplink/uplink.ts'
import { answerGraphql } from './answer-graphql.ts'
import { describeCheck } from './describe-check.ts'
import { takeUsage } from './take-usage.ts'

const readSchema = (path: string) => buildSchema(readFileSync(new URL(path, import.meta.url), 'utf8'))

const platformApi = readSchema('../api/schema.graphql')
const uplinkApi = readSchema('../uplink/schema.graphql')

/** Answers requests: rover's at `/graphql`, those of gateways at `/uplink` and `/usage`, checks for people, health. */
export const createSite = (
  services: Omit<Services, 'composer'>,
  {
    composerOf,
    health,
    pollSeconds,
  }: {
    readonly composerOf: (key: string) => Services['composer']
    readonly health: Pick<Health, 'at'>
    readonly pollSeconds: number
  },
) => {
  const uplink = { [OperationTypeNode.QUERY]: createUplinkRoot(services.database, pollSeconds) }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { path } = readTarget(request)
    const healthAnswer = health.at(path)
    if (healthAnswer !== undefined) return void (await healthAnswer(request, response))
    if (path === '/graphql' && request.method === 'POST')
      return answerGraphql(request, response, {
        schema: platformApi,
        findRoots: async () => {
          const { caller, key } = await identify(services, keyOf(request))
          const own = { ...services, composer: composerOf(key) }
          return {
            [OperationTypeNode.QUERY]: createQueryRoot(own, caller),
            [OperationTypeNode.MUTATION]: createMutationRoot(own, caller),
          }
        },
        limits: { maxBodyBytes: 8 * 1024 * 1024, maxTokens: 2_000 },
        publicUrl: services.publicUrl,
        logger: services.logger,
      })
    if (path === '/uplink' && request.method === 'POST')
      return answerGraphql(request, response, {
        schema: uplinkApi,
        findRoots: () => uplink,
        // n.b. gateways send their key among the arguments: until all is parsed, anybody may have sent it
        limits: { maxBodyBytes: 64 * 1024, maxTokens: 200 },
        publicUrl: services.publicUrl,
        logger: services.logger,
      })
    if (path === '/usage' && request.method === 'POST')
      return takeUsage(request, response, {
        database: services.database,
        identify: async () => (await identify(services, keyOf(request))).caller,
      })
    const [, id] = /^\/checks\/([^/]+)$/.exec(path) ?? []
    const check = id === undefined ? undefined : await readCheck(services.database, id)
    if (check !== undefined) return sendText(response, describeCheck(check))
    sendJson(response, 404, {
      message: 'Only POST /graphql, /uplink and /usage are here, and GET /checks/<id>: docs/registry.md.',
    })
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('cache-control', 'no-store')
    response.setHeader('x-content-type-options', 'nosniff')
    answer(request, response).catch((error: unknown) => failRequest(response, error, services.logger))
  }
}

/** Whom a key belongs to; throws a Refusal if it is missing or unknown. */
const identify = async (
  { database }: Pick<Services, 'database'>,
  key: string | undefined,
): Promise<{ readonly caller: Grant; readonly key: string }> => {
  if (key === undefined)
    throw new Refusal(
      'UNAUTHENTICATED',
      'send a key of the graph: rover takes it from APOLLO_KEY, and npm run registry -- keys add makes one',
    )
  const grant = await findGrant(database, key)
  if (grant === undefined)
    throw new Refusal('UNAUTHENTICATED', `${unknownKey}: npm run registry -- keys add makes a new one`)
  return { caller: grant, key }
}

const keyOf = ({ headers }: IncomingMessage): string | undefined => {
  const own = headers['x-api-key']
  if (typeof own === 'string') return own
  return /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

const sendText = (response: ServerResponse, text: string): void => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
}
