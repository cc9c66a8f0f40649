import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuseBody, sendJson } from '@supergraph/runtime/http.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { BadRequest, readJson } from '@supergraph/runtime/request-body.ts'
import {
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

const maxBodyBytes = 8 * 1024 * 1024
const maxTokens = 2_000

const graphqlRequest = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
})

/** The objects that an operation starts from, by its type; graphql's default resolvers do the rest. */
export type Roots = Readonly<Partial<Record<OperationTypeNode, object>>>

/**
 * Answers one request with what a schema says of the roots; `findRoots` is asked before the body is read, and may throw a
 * Refusal. The answer's status is 200, but for callers without a valid key it is 401.
 */
export const answerGraphql = async (
  request: IncomingMessage,
  response: ServerResponse,
  {
    schema,
    findRoots,
    logger,
  }: {
    readonly schema: GraphQLSchema
    readonly findRoots: () => Promise<Roots>
    readonly logger: Logger
  },
): Promise<void> => {
  const refuse = (error: unknown): void => {
    const formatted = format(error, logger)
    // n.b. rover repeats a request for 30 s on any other status, and does not show what the answer says
    const status = isRover(request) || formatted.extensions?.code !== 'UNAUTHENTICATED' ? 200 : 401
    if (!request.complete) request.resume()
    sendJson(response, status, { errors: [formatted] })
  }
  try {
    const roots = await findRoots()
    const body = graphqlRequest.safeParse(await readJson(request, maxBodyBytes))
    if (!body.success) throw new BadRequest(400, 'Send {"query": "…"} as application/json.')
    sendJson(response, 200, await run(schema, roots, body.data, logger))
  } catch (error) {
    if (error instanceof BadRequest)
      return refuseBody(request, response, isRover(request) ? 200 : error.status, error.message)
    refuse(error)
  }
}

const run = async (
  schema: GraphQLSchema,
  roots: Roots,
  { query, operationName, variables }: z.output<typeof graphqlRequest>,
  logger: Logger,
): Promise<object> => {
  const document = parse(query, { maxTokens })
  const invalid = validate(schema, document)
  if (invalid.length > 0) return { errors: invalid.map(error => format(error, logger)) }
  const operation = getOperationAST(document, operationName)
  const { data, errors } = await execute({
    schema,
    document,
    rootValue: operation && roots[operation.operation],
    variableValues: variables ?? {},
    operationName: operationName ?? null,
  })
  // n.b. whole, or not at all: rover reads the data first, and stops at one half of it
  return errors === undefined ? { data } : { errors: errors.map(error => format(error, logger)) }
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
  return { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }
}

const isRover = ({ headers }: IncomingMessage): boolean =>
  headers['apollographql-client-name'] === 'rover-client'
