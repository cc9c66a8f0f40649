import { createBreaker } from '@supergraph/runtime/breaker.ts'
import { RetryBudget } from '@supergraph/runtime/retry-budget.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import { Asker } from './asker.ts'
import { type CallableSubgraph, type SubgraphRequest, toldWith, type WatchedClient } from './call.ts'
import { joinableMsOf, maxInFlight, maxWaiting, waitMsOf } from './call-limits.ts'
import { joinedCalls } from './call-metrics.ts'
import { HttpCall, type Sent, type Way } from './http-call.ts'
import { createSharing } from './policies/sharing.ts'
import { tellShared } from './policies/traced.ts'
import { ReadWaits } from './read-waits.ts'
import { createSubgraphReplicas } from './subgraph-replicas.ts'

/**
 * Sends operations to a subgraph, 256 at a time. An answer that does not come whole within `timeoutMs` (a mutation's:
 * 10 s), the wait for its turn included, becomes a SERVICE_TIMEOUT error and no data; an answer that is unusable, or does
 * not come, SERVICE_UNAVAILABLE, also for half a second after ten failures in a row; one for which there is no room,
 * ANSWER_TOO_LARGE, and it is not read further. Equal reads share one request, and a read is given up when all clients
 * that wait for it have gone; one whose connection fails before the answer is sent again.
 */
export const createHttpClient = (
  subgraph: CallableSubgraph,
  replicas = createSubgraphReplicas(subgraph),
): WatchedClient => {
  const { service, timeoutMs, signer, changes, load } = subgraph
  const way: Way = {
    replicas,
    turns: createTurns({ atOnce: maxInFlight, maxWaiting }),
    breaker: createBreaker({ failuresInARow: 10, pauseMs: 500 }),
    waits: new ReadWaits(load),
    retries: new RetryBudget(),
  }
  const sharing = createSharing<HttpCall>(joinableMsOf(timeoutMs), changes)
  const joined = joinedCalls.of({ subgraph: service })

  const read = ({ document, variablesText }: SubgraphRequest, identity: string, asker: Asker): void => {
    const variables = variablesText()
    const read = { document, identity, variables }
    const known = sharing.find(read)
    if (known !== undefined) {
      joined.value += 1
      tellShared(known)
      return void asker.waitFor(known)
    }
    const sent: Sent = { document, body: `${document.head}${variables}}`, identity, timeoutMs }
    const call = new HttpCall(way, sent, ended => sharing.remove(read, ended))
    asker.waitFor(call)
    sharing.add(read, call)
    call.start()
  }

  const write = ({ document, variablesText }: SubgraphRequest, identity: string, asker: Asker): void => {
    const body = `${document.head}${variablesText()}}`
    const sent: Sent = { document, body, identity, timeoutMs: waitMsOf(document, timeoutMs) }
    const call = new HttpCall(way, sent, changes.happened)
    asker.waitFor(call)
    call.start()
  }

  const ask = (request: SubgraphRequest, identity: string, asker: Asker): void => {
    try {
      if (request.document.isMutation) write(request, identity, asker)
      else read(request, identity, asker)
    } catch (error) {
      asker.settle(error)
    }
  }

  return {
    ask: (request, context) =>
      new Promise(resolve => {
        const asker = new Asker(service, request, context, resolve)
        const { clientAddress, clientDevice } = toldWith(subgraph, request.document, context)
        const token = signer.sign(service, context.viewer, clientAddress, clientDevice)
        if (typeof token === 'string') ask(request, token, asker)
        else
          token.then(
            token => ask(request, token, asker),
            error => asker.settle(error),
          )
      }),
    isUsable: way.breaker.isClosed,
    stop: replicas.stop,
  }
}
