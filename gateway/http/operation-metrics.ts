import { defineSeconds } from '@supergraph/metrics/metrics.ts'
import { Kind, parse } from 'graphql'
import type { RunKnown } from './run-known.ts'

const operationSeconds = defineSeconds({
  name: 'supergraph_operation_seconds',
  help: 'Queries and mutations by the name of a recorded operation, or `other`, from the known document to the text of the answer; outcome is ok, errors (with or without data) or refused.',
  labels: ['operation', 'outcome'],
})

type Observe = (seconds: number) => void

/** Measures operations; those whose names are not recorded are one, so that clients can't make up metrics. */
export const createMeasureRuns = (recordedDocuments: readonly string[]) => {
  const observersOf = (operation: string) => {
    const observer = (outcome: string): Observe => {
      const bound = operationSeconds.labels({ operation, outcome })
      return seconds => bound.observe(seconds)
    }
    return { ok: observer('ok'), errors: observer('errors'), refused: observer('refused') }
  }
  const other = observersOf('other')
  const observers = new Map(recordedDocuments.flatMap(namesIn).map(name => [name, observersOf(name)]))

  return (run: RunKnown): RunKnown =>
    async (request, caller) => {
      const startedAtMs = performance.now()
      const outcome = await run(request, caller)
      const seconds = (performance.now() - startedAtMs) / 1_000
      const observer = observers.get(request.operation.operation.name?.value ?? '') ?? other
      if (outcome.kind === 'refusal') observer.refused(seconds)
      else if (outcome.text.startsWith('{"errors"')) observer.errors(seconds)
      else observer.ok(seconds)
      return outcome
    }
}

const namesIn = (document: string): readonly string[] =>
  parse(document).definitions.flatMap(definition =>
    definition.kind === Kind.OPERATION_DEFINITION && definition.name !== undefined
      ? [definition.name.value]
      : [],
  )
