import { remainingMs } from '@supergraph/runtime/deadline.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import type { AskInProcess, InProcessAnswer, InProcessRequest } from '@supergraph/subgraph/in-process.ts'
import { parseErrors, type SubgraphAnswer } from './answer.ts'
import type { CallableSubgraph, ExecutionContext, SubgraphClient, SubgraphRequest } from './call.ts'
import { answerOfFailure, NotAsked, RefusedByStatus, TimedOut } from './call-failures.ts'
import { maxInFlight, maxWaiting, waitMsOf } from './call-limits.ts'

/** What asks each subgraph that runs in this process, by the name of the subgraph. */
export type SubgraphsInProcess = ReadonlyMap<string, AskInProcess>

/**
 * Asks a subgraph that runs in this process, for at most 256 operations at a time, with the deadlines, errors and limits of
 * the client over HTTP. What over HTTP is about the network is not there: no identity token, since nobody else can ask in
 * this way; no retries, and no breaker.
 */
export const createInProcessClient = (
  { service, isToldClientAddress, timeoutMs, changes }: CallableSubgraph,
  askSubgraph: AskInProcess,
): SubgraphClient => {
  const turns = createTurns({ atOnce: maxInFlight, maxWaiting })

  const send = async (
    { document, variables }: SubgraphRequest,
    { viewer, clientAddress, gone: clientGone }: ExecutionContext,
  ): Promise<InProcessAnswer> => {
    const { isMutation } = document
    // n.b. a mutation goes on without its client: what it did would be unknown
    const gone = isMutation ? undefined : clientGone
    const waitMs = waitMsOf(document, timeoutMs)
    const deadlineAtMs = Date.now() + waitMs
    const turn = turns.take(deadlineAtMs)
    const release = turn instanceof Promise ? await turn : turn
    if (release === 'full') throw new NotAsked('it was not asked: too many requests wait for their turn')
    if (release === 'late') throw new TimedOut('it was not asked: the turn did not come in time')
    try {
      gone?.throwIfAborted()
      const work = askSubgraph({
        document,
        variables: variables(),
        viewer,
        clientAddress: isToldClientAddress ? clientAddress : undefined,
        deadlineAtMs,
        gone,
      })
      return await waitFor(isMutation ? work.finally(changes.happened) : work, {
        deadlineAtMs,
        gone,
        late: () => new TimedOut(`no whole answer within ${waitMs} ms`),
      })
    } finally {
      release()
    }
  }

  return {
    ask: async (request, context) => {
      try {
        // n.b. a mutation is made even if there is no room for its answer: a refusal must not leave out what follows
        if (!request.document.isMutation) context.room.take(0)
        const answer = await send(request, context)
        context.room.take(answer.bytes)
        return toSubgraphAnswer(service, answer)
      } catch (error) {
        return answerOfFailure(service, context, error)
      }
    },
    stop: async () => {},
  }
}

/** The outcome of the work, unless the deadline or the leaving of the client comes before; the work itself goes on. */
const waitFor = <T>(
  work: Promise<T>,
  {
    deadlineAtMs,
    gone,
    late,
  }: Pick<InProcessRequest, 'deadlineAtMs' | 'gone'> & { readonly late: () => Error },
): Promise<T> =>
  new Promise((resolve, reject) => {
    const leave = () => reject(new Error('the client has gone'))
    const timer = setTimeout(() => reject(late()), remainingMs(deadlineAtMs))
    gone?.addEventListener('abort', leave)
    const settled = () => {
      clearTimeout(timer)
      gone?.removeEventListener('abort', leave)
      // n.b. what stops at the deadline may settle before the timer of the same deadline runs
      if (remainingMs(deadlineAtMs) === 0) throw late()
    }
    work.finally(settled).then(resolve, reject)
  })

const toSubgraphAnswer = (
  service: string,
  { status, data, errors, bytes }: InProcessAnswer,
): SubgraphAnswer => {
  if (status === 400) throw new RefusedByStatus(JSON.stringify({ errors }))
  if (status !== 200) throw new Error(`it answered with status ${status}`)
  if (errors === undefined) return { data, bytes }
  return { data, errors: parseErrors(service, JSON.parse(JSON.stringify(errors))), bytes }
}
