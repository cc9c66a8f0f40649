import { defineSeconds } from '@supergraph/metrics/metrics.ts'
import type { RunKnown } from './run-known.ts'

const operationSeconds = defineSeconds({
  name: 'supergraph_operation_seconds',
  help: 'Queries and mutations by the name of a recorded operation, or `other`, from the known document to the text of the answer; outcome is ok, errors (with or without data) or refused.',
  labels: ['operation', 'outcome'],
})

/** Measures operations; those whose names are not recorded are one, so that clients can't make up metrics. */
export const createMeasureRuns = (names: ReadonlySet<string>) => {
  const durationsOf = (operation: string) => ({
    ok: operationSeconds.of({ operation, outcome: 'ok' }),
    errors: operationSeconds.of({ operation, outcome: 'errors' }),
    refused: operationSeconds.of({ operation, outcome: 'refused' }),
  })
  const other = durationsOf('other')
  const durations = new Map(Array.from(names, name => [name, durationsOf(name)]))

  return (run: RunKnown): RunKnown =>
    async (request, caller) => {
      const startedAtMs = performance.now()
      const outcome = await run(request, caller)
      const seconds = (performance.now() - startedAtMs) / 1_000
      const { ok, errors, refused } = durations.get(request.operation.operation.name?.value ?? '') ?? other
      if (outcome.kind === 'refusal') refused.observe(seconds)
      else if (outcome.text.startsWith('{"errors"')) errors.observe(seconds)
      else ok.observe(seconds)
      return outcome
    }
}
