import type { GraphQLDataSource } from '@apollo/gateway'
import { remainingMs, timeoutHeader } from '@supergraph/runtime/deadline.ts'
import type { IdentitySigner, Viewer } from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { currentTraceparent, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import { type Dispatcher, Pool, errors as undiciErrors } from 'undici'
import { serviceError } from './errors.ts'
import { parseAnswer } from './subgraph-answer.ts'

/** What an operation is executed with. */
export type OperationContext = {
  readonly viewer: Viewer
  /** Where the client calls from, as far as that is known. */
  readonly clientAddress?: string | undefined
}

/** One subgraph over HTTP. */
export type SubgraphSource = GraphQLDataSource<OperationContext> & Running

// n.b. as many as there are connections: what is sent waits for none, and the time it was told to have left is true
const maxInFlight = 256
const maxWaiting = 10_000
// n.b. none but the subgraph that counts failed sign-ins is told where a client calls from
const toldAddresses = 'users'
const anonymous: OperationContext = { viewer: { kind: 'anonymous' } }
// n.b. what a mutation did is unknown once it is given up on: it gets longer than any of its own deadlines
const mutationTimeoutMs = 10_000

class TimedOut extends Error {}

/**
 * Sends operations to a subgraph with an identity token of its own, 256 at a time. An answer that does not come whole
 * within `timeoutMs` (a mutation's: 10 s), the wait for its turn included, becomes a SERVICE_TIMEOUT error and no data;
 * one that is unusable, or not to be had, SERVICE_UNAVAILABLE.
 */
export const createSubgraphSource = ({
  service,
  url,
  timeoutMs,
  signer,
  logger,
}: {
  readonly service: string
  readonly url: string
  readonly timeoutMs: number
  readonly signer: IdentitySigner
  readonly logger: Logger
}): SubgraphSource => {
  const { origin, pathname, search } = new URL(url)
  const pool = new Pool(origin, {
    connections: maxInFlight,
    // n.b. the whole request has a timer of its own
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: timeoutMs },
  })
  const turns = createTurns({ atOnce: maxInFlight, maxWaiting })

  const takeTurn = async (deadlineAtMs: number): Promise<Turn> => {
    const leave = await turns.take(deadlineAtMs)
    if (leave === 'full') throw new Error(`it was not asked: ${maxWaiting} requests wait for their turn`)
    const leftMs = remainingMs(deadlineAtMs)
    if (leave !== 'late' && leftMs > 0) return { leftMs, leave }
    if (leave !== 'late') leave()
    throw new TimedOut('it was not asked: the turn did not come in time')
  }

  return {
    process: async options => {
      const { query, variables, operationName } = options.request
      const deadlineAtMs = Date.now() + (query?.startsWith('mutation') ? mutationTimeoutMs : timeoutMs)
      const { viewer, clientAddress } = 'incomingRequestContext' in options ? options.context : anonymous
      try {
        const address = service === toldAddresses ? clientAddress : undefined
        const token = await signer.sign(service, viewer, address)
        const traceparent = currentTraceparent()
        const body = JSON.stringify({ query, variables, operationName })
        const turn = await takeTurn(deadlineAtMs)
        const text = await post(
          pool,
          {
            path: `${pathname}${search}`,
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              accept: 'application/json',
              authorization: `Bearer ${token}`,
              [timeoutHeader]: String(turn.leftMs),
              ...(traceparent !== undefined && { [traceHeader]: traceparent }),
            },
            body,
          },
          turn,
        )
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

/** A place among the requests under way, which `leave` gives back, with how long the caller still waits. */
type Turn = { readonly leftMs: number; readonly leave: () => void }

const post = (pool: Pool, request: Dispatcher.DispatchOptions, { leftMs, leave }: Turn): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let status = 0
    let timedOut: TimedOut | undefined
    let abort: ((reason: Error) => void) | undefined
    const timer = setTimeout(() => {
      timedOut = new TimedOut(`no whole answer within ${leftMs} ms`)
      reject(timedOut)
      abort?.(timedOut)
    }, leftMs)
    pool.dispatch(request, {
      onRequestStart: controller => {
        abort = reason => controller.abort(reason)
        // n.b. a request whose connection was not made before its time was over must not be sent after all
        if (timedOut !== undefined) abort(timedOut)
      },
      onResponseStart: (_controller, statusCode) => {
        status = statusCode
      },
      onResponseData: (_controller, chunk) => {
        chunks.push(chunk)
      },
      onResponseEnd: () => {
        clearTimeout(timer)
        if (status === 200) resolve(Buffer.concat(chunks).toString('utf8'))
        else reject(new Error(`it answered with status ${status}`))
        leave()
      },
      onResponseError: (_controller, error) => {
        clearTimeout(timer)
        reject(error)
        leave()
      },
    })
  })

const isTimeout = (error: unknown): boolean =>
  error instanceof TimedOut || error instanceof undiciErrors.ConnectTimeoutError
