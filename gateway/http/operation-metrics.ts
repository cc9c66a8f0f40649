import { defineSeconds } from '@supergraph/metrics/metrics.ts'
import type { ClientOperation } from '../authorization/selections.ts'
import type { Outcome } from '../execution/outcome.ts'
import type { RunKnown } from './run-known.ts'

const operationSeconds = defineSeconds({
  name: 'supergraph_operation_seconds',
  help: 'Queries and mutations by the name of a recorded operation, or `other`, and of a client in METRICS_CLIENTS, or `other`, from the known document to the text of the answer; outcome is ok, errors (with or without data) or refused.',
  labels: ['operation', 'client', 'outcome'],
})

const ownSeconds = defineSeconds({
  name: 'supergraph_gateway_seconds',
  help: "The gateway's own part of the time of operations: what is left of it without the waits for subgraphs.",
  labels: ['operation'],
  bounds: [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
})

const durationsOf = (client: string, operation: string) => ({
  own: ownSeconds.of({ operation }),
  ok: operationSeconds.of({ client, operation, outcome: 'ok' }),
  errors: operationSeconds.of({ client, operation, outcome: 'errors' }),
  refused: operationSeconds.of({ client, operation, outcome: 'refused' }),
})

/** What measures operations. */
export type MeasureRuns = ReturnType<typeof createMeasureRuns>

type Durations = ReturnType<typeof durationsOf>

/**
 * Measures operations of known documents. Those whose names are not among `operations`, and those of clients that are not
 * among `clients`, are `other`, so that nobody can make up metrics.
 */
export const createMeasureRuns = (operations: ReadonlySet<string>, clients: readonly string[]) => {
  const ofClient = (client: string) => ({
    known: new Map(Array.from(operations, operation => [operation, durationsOf(client, operation)])),
    other: durationsOf(client, 'other'),
  })
  const ofClients = new Map(clients.map(client => [client, ofClient(client)]))
  const ofOthers = ofClient('other')

  const durationsFor = ({ operation }: ClientOperation, client: string | undefined) => {
    const { known, other } = (client !== undefined && ofClients.get(client)) || ofOthers
    return known.get(operation.name?.value ?? '') ?? other
  }

  const observe = ({ own, ok, errors, refused }: Durations, ms: number, outcome: Outcome) => {
    const seconds = ms / 1_000
    if (outcome.kind === 'refusal') {
      refused.observe(seconds)
      return
    }
    // n.b. who joined an equal operation waited for less than that one did
    own.observe(Math.max(0, ms - (outcome.waitedMs ?? 0)) / 1_000)
    if (outcome.text.startsWith('{"errors"')) errors.observe(seconds)
    else ok.observe(seconds)
  }

  return {
    run:
      (run: RunKnown): RunKnown =>
      async (request, caller) => {
        const startedAtMs = performance.now()
        const outcome = await run(request, caller)
        const durations = durationsFor(request.operation, caller.client?.listedName)
        observe(durations, performance.now() - startedAtMs, outcome)
        return outcome
      },
    /** An operation was refused in no time, before it ran. */
    refused: (operation: ClientOperation, client: string | undefined): void =>
      durationsFor(operation, client).refused.observe(0),
  }
}
