import { remainingMs, within } from '@supergraph/runtime/deadline.ts'
import { viewerKey } from '@supergraph/runtime/identity.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import type { AskInProcess, InProcessAnswer } from '@supergraph/subgraph/in-process.ts'
import { clientGone } from '../errors.ts'
import { parseErrors, type SubgraphAnswer } from './answer.ts'
import {
  type CallableSubgraph,
  type ExecutionContext,
  type SubgraphClient,
  type SubgraphRequest,
  toldWith,
} from './call.ts'
import { answerOfFailure, NotAsked, RefusedByStatus, TimedOut } from './call-failures.ts'
import { joinableMsOf, maxInFlight, maxWaiting, waitMsOf } from './call-limits.ts'
import { joinedCalls } from './call-metrics.ts'
import type { Gone } from './departure.ts'
import { Shared } from './policies/shared.ts'
import { createSharing } from './policies/sharing.ts'
import { tellShared } from './policies/traced.ts'
import { ReadWaits } from './read-waits.ts'

/** What asks each subgraph that runs in this process, by the name of the subgraph. */
export type SubgraphsInProcess = ReadonlyMap<string, AskInProcess>

/**
 * Asks a subgraph that runs in this process, for at most 256 operations at a time, with the deadlines, errors and limits of
 * the client over HTTP; equal reads are one. What over HTTP is about the network is not there: no identity token, since
 * nobody else can ask in this way; no retries, and no breaker.
 */
export const createInProcessClient = (
  { service, told, timeoutMs, changes, load }: CallableSubgraph,
  askSubgraph: AskInProcess,
): SubgraphClient => {
  const turns = createTurns({ atOnce: maxInFlight, maxWaiting })
  const sharing = createSharing<Shared<InProcessAnswer>>(joinableMsOf(timeoutMs), changes)
  const joined = joinedCalls.of({ subgraph: service })
  const waits = new ReadWaits(load)

  const send = async (
    { document, variables }: SubgraphRequest,
    context: ExecutionContext,
    gone: Gone | undefined,
  ): Promise<InProcessAnswer> => {
    const waitMs = waitMsOf(document, timeoutMs)
    const beganAtMs = performance.now()
    const deadlineAtMs = Date.now() + waitMs
    const turn = turns.take(deadlineAtMs)
    const release = turn instanceof Promise ? await turn : turn
    if (release === 'full') throw new NotAsked('it was not asked: too many requests wait for their turn')
    if (release === 'late') throw new TimedOut('it was not asked: the turn did not come in time')
    const late = (): never => {
      throw new TimedOut(`no whole answer within ${waitMs} ms`)
    }
    try {
      if (gone?.aborted) throw clientGone()
      const work = askSubgraph({
        document,
        variables: variables(),
        viewer: context.viewer,
        ...toldWith({ told }, document, context),
        deadlineAtMs,
        gone,
      }).finally(() => {
        if (document.isMutation) changes.happened()
        // n.b. what stops at the deadline may settle before the timer of the same deadline runs
        if (remainingMs(deadlineAtMs) === 0) late()
      })
      const answer = await within(remainingMs(deadlineAtMs), work, late)
      if (answer.status === 200 && answer.errors === undefined)
        waits.answered(document, beganAtMs, performance.now())
      return answer
    } finally {
      release()
    }
  }

  const read = (request: SubgraphRequest, context: ExecutionContext): Promise<InProcessAnswer> => {
    if (context.gone?.aborted) throw clientGone()
    const { clientAddress = '', clientDevice = '' } = toldWith({ told }, request.document, context)
    const identity = `${viewerKey(context.viewer)} ${clientAddress} ${clientDevice}`
    const read = { document: request.document, identity, variables: request.variablesText() }
    const known = sharing.find(read)
    if (known !== undefined) {
      joined.value += 1
      tellShared(known)
      return known.wait(context.gone)
    }
    const shared = new Shared(
      gone => send(request, context, gone),
      answer => ({ ...answer, data: JSON.parse(JSON.stringify(answer.data)) }),
      () => sharing.remove(read, shared),
    )
    sharing.add(read, shared)
    return shared.wait(context.gone)
  }

  return {
    ask: async (request, context) => {
      try {
        // n.b. a mutation is made even if there is no room for its answer, and goes on without its client: a refusal must
        // not leave out what follows, and what it did would be unknown
        if (!request.document.isMutation) context.room.take(0)
        const answer = await (request.document.isMutation
          ? send(request, context, undefined)
          : read(request, context))
        context.room.take(answer.bytes)
        return toSubgraphAnswer(service, answer)
      } catch (error) {
        return answerOfFailure(service, context, error)
      }
    },
    stop: async () => {},
  }
}

const toSubgraphAnswer = (
  service: string,
  { status, data, errors, bytes }: InProcessAnswer,
): SubgraphAnswer => {
  if (status === 400) throw new RefusedByStatus(JSON.stringify({ errors }))
  if (status !== 200) throw new Error(`it answered with status ${status}`)
  if (errors === undefined) return { data, bytes }
  return { data, errors: parseErrors(service, JSON.parse(JSON.stringify(errors))), bytes }
}
