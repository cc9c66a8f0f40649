import { serviceError } from '../errors.ts'
import { parseBadInput, type SubgraphAnswer } from './answer.ts'
import { AnswerTooLarge } from './answer-room.ts'
import type { ExecutionContext } from './call.ts'

/** No whole answer came before the deadline. */
export class TimedOut extends Error {}

/** The subgraph was not asked. */
export class NotAsked extends Error {}

/** The subgraph called the request a bad one. */
export class RefusedByStatus extends Error {
  readonly body: string
  constructor(body: string) {
    super('it answered with status 400')
    this.body = body
  }
}

/** What a call that failed answers; the failure is logged when the execution ends, unless its client has gone. */
export const answerOfFailure = (
  service: string,
  context: ExecutionContext,
  error: unknown,
): SubgraphAnswer => {
  if (error instanceof AnswerTooLarge) return { data: null, errors: [context.room.refusal()] }
  const badInput = error instanceof RefusedByStatus ? parseBadInput(service, error.body) : undefined
  if (badInput !== undefined) return badInput
  if (!context.gone?.aborted) context.failures.push({ err: error, details: { subgraph: service } })
  const code = error instanceof TimedOut ? 'SERVICE_TIMEOUT' : 'SERVICE_UNAVAILABLE'
  const errors = [serviceError(service, code)]
  return error instanceof RefusedByStatus ? { data: null, errors, isRefusal: true } : { data: null, errors }
}
