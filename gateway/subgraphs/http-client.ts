import { Pool, errors as undiciErrors } from 'undici'
import { serviceError } from '../errors.ts'
import { parseAnswer, parseBadInput, type SubgraphAnswer } from './answer.ts'
import { AnswerTooLarge } from './answer-room.ts'
import type { CallableSubgraph, ExecutionContext, Send, SubgraphClient, SubgraphRequest } from './call.ts'
import { TimedOut, untilDeadline, withDeadline } from './policies/deadline.ts'
import { withIdentity } from './policies/identity.ts'
import { withTrace } from './policies/trace.ts'
import { inTurn } from './policies/turn.ts'

// n.b. equal to the number of connections: a call that has its turn never waits inside the pool, so that the time which
// the subgraph is told is true
const maxInFlight = 256
const maxWaiting = 10_000
// n.b. what a mutation did is unknown once it is given up on: it gets longer than any of its own deadlines
const mutationTimeoutMs = 10_000

/**
 * Sends operations to a subgraph, 256 at a time. An answer that does not come whole within `timeoutMs` (a mutation's:
 * 10 s), the wait for its turn included, becomes a SERVICE_TIMEOUT error and no data; an answer that is unusable, or does
 * not come, SERVICE_UNAVAILABLE; one for which there is no room, ANSWER_TOO_LARGE, and it is not read further. A read ends when its client has gone.
 */
export const createHttpClient = (subgraph: CallableSubgraph): SubgraphClient => {
  const { service, timeoutMs } = subgraph
  const { origin, pathname, search } = new URL(subgraph.url)
  const pool = new Pool(origin, {
    connections: maxInFlight,
    // n.b. each call has a deadline of its own
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: timeoutMs },
  })
  const policies = [
    untilDeadline,
    withIdentity(subgraph),
    withTrace,
    inTurn(maxInFlight, maxWaiting),
    withDeadline,
  ]
  const post = createPost(pool, `${pathname}${search}`)
  const call = policies.reduceRight<Send>((next, policy) => policy(next), post)

  const send = async (request: SubgraphRequest, context: ExecutionContext): Promise<SubgraphAnswer> => {
    const { head, isMutation } = request.document
    // n.b. a mutation is sent even if there is no room for its answer: a refusal must not leave out what follows
    if (!isMutation) context.room.take(0)
    const text = await call({
      context,
      body: `${head}${request.variablesText()}}`,
      headers: {},
      deadlineAtMs: Date.now() + (isMutation ? mutationTimeoutMs : timeoutMs),
      // n.b. a mutation goes on without its client: what it did would be unknown
      ...(!isMutation && context.gone && { signal: context.gone }),
    })
    return { ...parseAnswer(service, JSON.parse(text)), bytes: text.length }
  }

  return {
    ask: async (request, context) => {
      try {
        return await send(request, context)
      } catch (error) {
        if (error instanceof AnswerTooLarge) return { data: null, errors: [context.room.refusal()] }
        const badInput = error instanceof RefusedByStatus ? parseBadInput(service, error.body) : undefined
        if (badInput !== undefined) return badInput
        if (!context.gone?.aborted) context.failures.push({ err: error, details: { subgraph: service } })
        const code = isTimeout(error) ? 'SERVICE_TIMEOUT' : 'SERVICE_UNAVAILABLE'
        return { data: null, errors: [serviceError(service, code)] }
      }
    },
    stop: () => pool.close(),
  }
}

/** The subgraph called the request a bad one. */
class RefusedByStatus extends Error {
  readonly body: string
  constructor(body: string) {
    super('it answered with status 400')
    this.body = body
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof TimedOut || error instanceof undiciErrors.ConnectTimeoutError

/** Sends calls over a pool of connections, and settles when a call's connection is free again. */
const createPost =
  (pool: Pool, path: string): Send =>
  ({ context: { room }, body, headers, signal }) =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let status = 0
      pool.dispatch(
        {
          path,
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
          body,
        },
        {
          onRequestStart: controller => {
            const abort = () => controller.abort(signal?.reason)
            // n.b. a call whose connection was made after its time was over must not be sent after all
            if (signal?.aborted) abort()
            else signal?.addEventListener('abort', abort, { once: true })
          },
          onResponseStart: (_controller, statusCode) => {
            status = statusCode
          },
          onResponseData: (controller, chunk) => {
            try {
              room.take(chunk.length)
              chunks.push(chunk)
            } catch (error) {
              controller.abort(error instanceof Error ? error : new Error(String(error)))
            }
          },
          onResponseEnd: () => {
            const text = Buffer.concat(chunks).toString('utf8')
            if (status === 200) resolve(text)
            else if (status === 400) reject(new RefusedByStatus(text))
            else reject(new Error(`it answered with status ${status}`))
          },
          onResponseError: (_controller, error) => reject(error),
        },
      )
    })
