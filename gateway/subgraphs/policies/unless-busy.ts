import type { SubgraphClient } from '../call.ts'
import { answerOfFailure, NotAsked } from '../call-failures.ts'

/** Leaves a subgraph alone for operations that find it busy: what they ask of it is SERVICE_UNAVAILABLE. */
export const askUnlessBusy = <C extends SubgraphClient>(service: string, client: C): C => ({
  ...client,
  ask: (request, context) =>
    context.busy.includes(service)
      ? Promise.resolve(answerOfFailure(service, context, new NotAsked(tooMuch)))
      : client.ask(request, context),
})

const tooMuch = 'it was not asked: too much is asked of it at the moment'
