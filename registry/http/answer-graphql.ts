import type { IncomingMessage, ServerResponse } from 'node:http'
import { isUnavailable } from '@supergraph/postgres/connection.ts'
import { refuseBody, sendJsonEarly } from '@supergraph/runtime/http.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { BadRequest, readJson } from '@supergraph/runtime/request-body.ts'
import {
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { z } from 'zod'
import { Refusal } from '../refusal.ts'
import { aliasLimit } from './alias-limit.ts'
import { isRover, presentToRover } from './rover.ts'

const maxRefusedBytes = 64 * 1024

const graphqlRequest = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
})

/** The objects that an operation starts from, by its type; graphql's default resolvers do the rest. */
type Roots = Readonly<Partial<Record<OperationTypeNode, object>>>

type Answering = {
  readonly schema: GraphQLSchema
  readonly findRoots: () => Roots | Promise<Roots>
  readonly limits: { readonly maxBodyBytes: number; readonly maxTokens: number }
  readonly publicUrl: string
  readonly logger: Logger
}

/**
 * Answers one request with what a schema says of the roots. `findRoots`, which may throw a Refusal, is asked before anything
 * of the body is read. The status is 200, but 401 for callers without a valid key, and 503 while the database is away or too
 * much waits. rover repeats for 30 s what has another status than 200, and does not show it: so a refusal has 200 for it.
 * `publicUrl` is the address that its answers name.
 */
export const answerGraphql = async (
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
): Promise<void> => {
  const { findRoots, limits, publicUrl, logger } = answering
  const send = (result: Result, operationName: string | null | undefined) => {
    const errors = result.errors?.map(error => format(error, logger))
    const answer = { ...('data' in result && { data: result.data }), ...(errors && { errors }) }
    const has = (code: string) => errors?.some(({ extensions }) => extensions?.code === code)
    if (has('SERVICE_UNAVAILABLE')) return sendJsonEarly(request, response, 503, answer)
    if (isRover(request))
      return sendJsonEarly(request, response, 200, presentToRover(answer, operationName, publicUrl))
    sendJsonEarly(request, response, has('UNAUTHENTICATED') ? 401 : 200, answer)
  }
  const found = await Promise.resolve()
    .then(findRoots)
    .then(
      roots => ({ roots }),
      (error: unknown) => ({ error }),
    )
  if ('error' in found)
    return send({ errors: [found.error] }, isRover(request) ? await operationNameIn(request) : undefined)
  try {
    const body = graphqlRequest.safeParse(await readJson(request, limits.maxBodyBytes))
    if (!body.success) throw new BadRequest(400, 'Send {"query": "…"} as application/json.')
    const result = await run(answering, found.roots, body.data).catch((error: unknown) => ({
      errors: [error],
    }))
    send(result, body.data.operationName)
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    refuseBody(request, response, isRover(request) ? 200 : error.status, error.message)
  }
}

/** The name of the operation in a request that is refused anyway, if its body is small. */
const operationNameIn = async (request: IncomingMessage): Promise<string | null | undefined> => {
  try {
    return graphqlRequest.safeParse(await readJson(request, maxRefusedBytes)).data?.operationName
  } catch (error) {
    if (error instanceof BadRequest) return undefined
    throw error
  }
}

type Result = { readonly data?: ExecutionResult['data']; readonly errors?: readonly unknown[] }

const run = async (
  { schema, limits }: Answering,
  roots: Roots,
  { query, operationName, variables }: z.output<typeof graphqlRequest>,
): Promise<Result> => {
  const document = parse(query, { maxTokens: limits.maxTokens })
  const invalid = validate(schema, document, [...specifiedRules, aliasLimit])
  if (invalid.length > 0) return { errors: invalid }
  const operation = getOperationAST(document, operationName)
  return execute({
    schema,
    document,
    rootValue: operation && roots[operation.operation],
    variableValues: variables ?? {},
    operationName: operationName ?? null,
  })
}

/** Refusals and mistakes in the request as they are; of anything else the caller learns nothing. */
const format = (error: unknown, logger: Logger): GraphQLFormattedError => {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error
  if (cause instanceof Refusal) return { message: cause.message, extensions: { code: cause.code } }
  if (cause instanceof GraphQLError)
    return { message: cause.message, extensions: { code: 'BAD_USER_INPUT', ...cause.extensions } }
  if (cause instanceof z.ZodError)
    return { message: z.prettifyError(cause), extensions: { code: 'BAD_USER_INPUT' } }
  logger.error({ err: cause }, 'a request failed')
  if (isUnavailable(cause))
    return {
      message: "The registry's database is away: send the request again.",
      extensions: { code: 'SERVICE_UNAVAILABLE' },
    }
  return { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }
}
