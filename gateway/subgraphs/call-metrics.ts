import { defineNumber, defineReading, defineSeconds } from '@supergraph/metrics/metrics.ts'
import type { SubgraphClient } from './call.ts'

const callSeconds = defineSeconds({
  name: 'supergraph_subgraph_call_seconds',
  help: 'Calls of a subgraph as the gateway waits for them, those that share a request included; outcome is ok or errors.',
  labels: ['subgraph', 'outcome'],
})

const callsInFlight = defineNumber({
  kind: 'level',
  name: 'supergraph_subgraph_calls_in_flight',
  help: 'Calls of a subgraph that the gateway waits for now.',
  labels: ['subgraph'],
})

/** How many calls of a subgraph joined an equal one. */
export const joinedCalls = defineNumber({
  kind: 'count',
  name: 'supergraph_subgraph_calls_joined_total',
  help: 'Calls of a subgraph that were not sent, since an equal one was under way.',
  labels: ['subgraph'],
})

/** How many subscriptions of a subgraph are open, each for all clients that share it. */
export const upstreamSubscriptions = defineReading({
  kind: 'level',
  name: 'supergraph_subgraph_subscriptions_open',
  help: 'Subscriptions that the gateway has open at a subgraph, each for all clients that share it.',
  labels: ['subgraph'],
})

/** Whether the breaker of a subgraph keeps calls from it. */
export const openBreakers = defineReading({
  kind: 'level',
  name: 'supergraph_subgraph_breaker_open',
  help: '1 while the last calls of a subgraph failed and the gateway keeps calls from it, else 0.',
  labels: ['subgraph'],
})

/** How many replicas of a subgraph are known. */
export const knownReplicas = defineReading({
  kind: 'level',
  name: 'supergraph_subgraph_replicas',
  help: 'Replicas of a subgraph that the gateway knows of; state is asked, or out while others are asked in their place.',
  labels: ['subgraph', 'state'],
})

/** Measures the calls of a subgraph. */
export const measureCalls = <C extends SubgraphClient>(subgraph: string, client: C): C => {
  const ok = callSeconds.of({ subgraph, outcome: 'ok' })
  const errors = callSeconds.of({ subgraph, outcome: 'errors' })
  const inFlight = callsInFlight.of({ subgraph })
  return {
    ...client,
    ask: async (request, context) => {
      const startedAtMs = performance.now()
      inFlight.value += 1
      context.waits.begin(startedAtMs)
      let durations = errors
      try {
        const answer = await client.ask(request, context)
        if (answer.errors === undefined) durations = ok
        return answer
      } finally {
        const endedAtMs = performance.now()
        durations.observe((endedAtMs - startedAtMs) / 1_000)
        context.waits.end(endedAtMs)
        inFlight.value -= 1
      }
    },
  }
}
