import type { GraphQLDataSource } from '@apollo/gateway'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Pool, errors as undiciErrors } from 'undici'
import { serviceError } from '../errors.ts'
import { parseAnswer } from './answer.ts'
import type { CallableSubgraph, OperationContext, Send } from './call.ts'
import { TimedOut, untilDeadline, withDeadline } from './policies/deadline.ts'
import { withIdentity } from './policies/identity.ts'
import { withTrace } from './policies/trace.ts'
import { inTurn } from './policies/turn.ts'

/** One subgraph over HTTP. */
export type SubgraphSource = GraphQLDataSource<OperationContext> & Running

// n.b. equal to the number of connections: a call that has its turn never waits inside the pool, so that the time which
// the subgraph is told is true
const maxInFlight = 256
const maxWaiting = 10_000
const anonymous: OperationContext = { viewer: { kind: 'anonymous' } }
// n.b. what a mutation did is unknown once it is given up on: it gets longer than any of its own deadlines
const mutationTimeoutMs = 10_000

/**
 * Sends operations to a subgraph, 256 at a time. An answer that does not come whole within `timeoutMs` (a mutation's:
 * 10 s), the wait for its turn included, becomes a SERVICE_TIMEOUT error and no data; an answer that is unusable, or does
 * not come, SERVICE_UNAVAILABLE.
 */
export const createSubgraphSource = (subgraph: CallableSubgraph): SubgraphSource => {
  const { service, timeoutMs, logger } = subgraph
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
  const send = policies.reduceRight<Send>((next, policy) => policy(next), post)

  return {
    process: async options => {
      const { query, variables, operationName } = options.request
      const waitMs = query?.startsWith('mutation') ? mutationTimeoutMs : timeoutMs
      try {
        const text = await send({
          context: 'incomingRequestContext' in options ? options.context : anonymous,
          body: JSON.stringify({ query, variables, operationName }),
          headers: {},
          deadlineAtMs: Date.now() + waitMs,
        })
        return parseAnswer(service, JSON.parse(text))
      } catch (error) {
        logger.warn({ subgraph: service, err: error }, 'a subgraph does not answer')
        const code = isTimeout(error) ? 'SERVICE_TIMEOUT' : 'SERVICE_UNAVAILABLE'
        return { data: null, errors: [serviceError(service, code)] }
      }
    },
    stop: () => pool.close(),
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof TimedOut || error instanceof undiciErrors.ConnectTimeoutError

/** Sends calls over a pool of connections, and settles when a call's connection is free again. */
const createPost =
  (pool: Pool, path: string): Send =>
  ({ body, headers, signal }) =>
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
          onResponseData: (_controller, chunk) => {
            chunks.push(chunk)
          },
          onResponseEnd: () => {
            if (status === 200) resolve(Buffer.concat(chunks).toString('utf8'))
            else reject(new Error(`it answered with status ${status}`))
          },
          onResponseError: (_controller, error) => reject(error),
        },
      )
    })
