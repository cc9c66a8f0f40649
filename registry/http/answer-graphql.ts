import type { IncomingMessage, ServerResponse } from 'node:http'
import { isUnavailable } from '@supergraph/postgres/connection.ts'
import { refuseBody, sendJson } from '@supergraph/runtime/http.ts'
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
  validate,
} from 'graphql'
import { z } from 'zod'
import { Refusal } from '../refusal.ts'
import { isRover, presentToRover } from './rover.ts'

const maxBodyBytes = 8 * 1024 * 1024
const maxTokens = 2_000

const graphqlRequest = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
})

/** The objects that an operation starts from, by its type; graphql's default resolvers do the rest. */
type Roots = Readonly<Partial<Record<OperationTypeNode, object>>>

/**
 * Answers one request with what a schema says of the roots; `findRoots` may throw a Refusal. The status is 200, but 401 for
 * callers without a valid key, and 503 while the database is away. rover repeats for 30 s what has another status than 200,
 * and does not show it: so a refusal has 200 for it. `publicUrl` is the address that its answers name.
 */
export const answerGraphql = async (
  request: IncomingMessage,
  response: ServerResponse,
  {
    schema,
    findRoots,
    publicUrl,
    logger,
  }: {
    readonly schema: GraphQLSchema
    readonly findRoots: () => Roots | Promise<Roots>
    readonly publicUrl: string
    readonly logger: Logger
  },
): Promise<void> => {
  try {
    const body = graphqlRequest.safeParse(await readJson(request, maxBodyBytes))
    if (!body.success) throw new BadRequest(400, 'Send {"query": "…"} as application/json.')
    const result = await run(schema, findRoots, body.data).catch((error: unknown) => ({ errors: [error] }))
    const errors = result.errors?.map(error => format(error, logger))
    const answer = { ...('data' in result && { data: result.data }), ...(errors && { errors }) }
    const has = (code: string) => errors?.some(({ extensions }) => extensions?.code === code)
    if (has('SERVICE_UNAVAILABLE')) return sendJson(response, 503, answer)
    if (isRover(request))
      return sendJson(response, 200, presentToRover(answer, body.data.operationName, publicUrl))
    sendJson(response, has('UNAUTHENTICATED') ? 401 : 200, answer)
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    refuseBody(request, response, isRover(request) ? 200 : error.status, error.message)
  }
}

type Result = { readonly data?: ExecutionResult['data']; readonly errors?: readonly unknown[] }

const run = async (
  schema: GraphQLSchema,
  findRoots: () => Roots | Promise<Roots>,
  { query, operationName, variables }: z.output<typeof graphqlRequest>,
): Promise<Result> => {
  const roots = await findRoots()
  const document = parse(query, { maxTokens })
  const invalid = validate(schema, document)
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
