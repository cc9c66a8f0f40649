import type { IncomingMessage, ServerResponse } from 'node:http'
import { readOrRefuse } from '@supergraph/runtime/apollo-http.ts'
import { sendGraphQLError } from '@supergraph/runtime/http.ts'
import type { CurrentGraph } from '../current-graph.ts'
import type { CheckLarge } from '../execution/large-requests.ts'
import type { OperationAnswers, SentOperation } from './answer-operations.ts'
import { answerTypeFor, answerTypes } from './answer-type.ts'
import type { Cors } from './cors.ts'

/** Answers requests that carry operations. */
export type OperationRequests = ReturnType<typeof createOperationRequests>

type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  clientAddress: string | undefined,
) => Promise<void>

const maxBodyBytes = 256 * 1024

/**
 * Reads requests that carry operations, and answers each by the graph that is served when the whole request has come: one
 * whose body comes slowly would keep an old graph alive.
 */
export const createOperationRequests = ({
  current,
  checkLarge,
  cors,
}: {
  readonly current: Pick<CurrentGraph<{ readonly operations: OperationAnswers }>, 'use'>
  readonly checkLarge: CheckLarge
  readonly cors: Pick<Cors, 'allow'>
}) => {
  /** What a request carries; undefined if it was refused. */
  const read = async (
    request: IncomingMessage,
    response: ServerResponse,
    clientAddress: string | undefined,
  ): Promise<SentOperation | undefined> => {
    const type = answerTypeFor(request.headers.accept)
    if (type === undefined) {
      cors.allow(request, response)
      sendGraphQLError(response, 406, 'BAD_REQUEST', `Accept ${answerTypes.join(' or ')}.`)
      return undefined
    }
    const sent = await readOrRefuse(request, response, {
      maxBodyBytes,
      beforeParsing: body => checkLarge(body, clientAddress),
      beforeRefusal: () => cors.allow(request, response),
    })
    return sent === 'refused' ? undefined : { type, body: sent.body, clientAddress }
  }

  const answerWith =
    (way: keyof OperationAnswers): Answer =>
    async (request, response, clientAddress) => {
      const sent = await read(request, response, clientAddress)
      if (sent !== undefined) await current.use(({ operations }) => operations[way](request, response, sent))
    }

  return { answerPost: answerWith('answerPost'), answerGet: answerWith('answerGet') }
}
