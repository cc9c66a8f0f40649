import { buildConnector, type Dispatcher, Pool } from 'undici'
import type { Running } from '../lifecycle.ts'
import type { Logger } from '../logger.ts'
import type { Place } from './places.ts'
import { createReplicas, type Replica } from './replicas.ts'
import { isUnreachable } from './unreachable.ts'

type Request = Pick<Dispatcher.RequestOptions, 'headers' | 'body'> & {
  /** Ends the request when its time is over. */
  readonly signal: AbortSignal
  /** Ends it when nobody waits any more, which says nothing about the replica. */
  readonly gone?: AbortSignal
}

type Way = Running & { readonly post: (request: Request) => Promise<Dispatcher.ResponseData> }

const connectWithinMs = 10_000
/** Where another replica can be asked instead. */
const connectToOneOfSeveralWithinMs = 1_000
const maxMoves = 4

/**
 * Shares requests among the replicas of a service, whose URLs are separated by commas; at most so many connections lead to each
 * of them, and answers have at most so many bytes. What could not be sent to one replica is sent to another at once.
 */
export const connectToReplicas = (
  urls: string,
  {
    service,
    connections,
    maxResponseBytes,
    logger,
  }: {
    readonly service: string
    readonly connections: number
    readonly maxResponseBytes: number
    readonly logger: Logger
  },
) => {
  const open = ({ url: { origin, pathname, search }, lookup }: Place): Way => {
    const patient = buildConnector({ lookup, timeout: connectWithinMs })
    const quick = buildConnector({ lookup, timeout: connectToOneOfSeveralWithinMs })
    const connect: buildConnector.connector = (options, callback) =>
      (replicas.count().known > 1 ? quick : patient)(options, callback)
    const pool = new Pool(origin, { connections, maxResponseSize: maxResponseBytes, connect })
    return {
      post: ({ signal, gone, ...request }) =>
        pool.request({
          ...request,
          method: 'POST',
          path: `${pathname}${search}`,
          signal: gone === undefined ? signal : AbortSignal.any([signal, gone]),
        }),
      stop: () => pool.close(),
    }
  }
  const replicas = createReplicas<Way>(urls, { service, open, logger })

  const postTo = async <T>(
    replica: Replica<Way>,
    request: Request,
    read: (response: Dispatcher.ResponseData) => Promise<T>,
    moves: number,
  ): Promise<T> => {
    replica.inFlight += 1
    try {
      const answer = await read(await replica.way.post(request))
      replica.failures = 0
      return answer
    } catch (error) {
      if (request.gone?.aborted) throw error
      if (!isUnreachable(error)) {
        replicas.failed(replica)
        throw error
      }
      replicas.isUnreachable(replica)
      if (moves === maxMoves || !replicas.hasOther(replica)) throw error
      return postTo(replicas.next(replica), request, read, moves + 1)
    } finally {
      replica.inFlight -= 1
    }
  }

  return {
    /** Posts a request, and gives what is read of the response. */
    post: <T>(request: Request, read: (response: Dispatcher.ResponseData) => Promise<T>): Promise<T> =>
      postTo(replicas.next(), request, read, 0),
    stop: replicas.stop,
  }
}
