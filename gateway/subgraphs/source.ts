import type { GraphQLDataSource } from '@apollo/gateway'
import type { IdentitySigner } from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { Pool, errors as undiciErrors } from 'undici'
import { serviceError } from '../errors.ts'
import { parseAnswer } from './answer.ts'
import type { OperationContext, Send } from './call.ts'
import { TimedOut, untilDeadline, withDeadline } from './policies/deadline.ts'
import { withIdentity } from './policies/identity.ts'
import { withTrace } from './policies/trace.ts'
import { inTurn } from './policies/turn.ts'
import { createPost } from './post.ts'

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
export const createSubgraphSource = ({
  service,
  url,
  isToldClientAddress,
  timeoutMs,
  signer,
  logger,
}: {
  readonly service: string
  readonly url: string
  readonly isToldClientAddress: boolean
  readonly timeoutMs: number
  readonly signer: IdentitySigner
  readonly logger: Logger
}): SubgraphSource => {
  const { origin, pathname, search } = new URL(url)
  const pool = new Pool(origin, {
    connections: maxInFlight,
    // n.b. each call has a deadline of its own
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: timeoutMs },
  })
  const policies = [
    untilDeadline,
    withIdentity({ service, signer, isToldClientAddress }),
    withTrace,
    inTurn({ atOnce: maxInFlight, maxWaiting }),
    withDeadline,
  ]
  const post = createPost(pool, `${pathname}${search}`)
  const send = policies.reduceRight<Send>((next, policy) => policy(next), post)

  return {
    process: async options => {
      const { query, variables, operationName } = options.request
      const isMutation = query?.startsWith('mutation') === true
      try {
        const text = await send({
          isMutation,
          context: 'incomingRequestContext' in options ? options.context : anonymous,
          body: JSON.stringify({ query, variables, operationName }),
          headers: {},
          deadlineAtMs: Date.now() + (isMutation ? mutationTimeoutMs : timeoutMs),
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
